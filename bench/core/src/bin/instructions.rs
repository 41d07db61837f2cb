//! Plays one operation a number of times, for callgrind to count: `instructions <number of the operation> <times>`.
//! Without arguments: the operations as JSON, with how much memory each asks for.

use std::alloc::System;
use std::env;
use std::hint::black_box;

use rapidpro_tickets_bench::play::{self, Play};
use serde_json::{Value, json};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let plays = play::all().expect("the core reads these");
    let arguments: Vec<usize> = env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    match arguments.as_slice() {
        [which, times] => (0..*times).for_each(|_| assert!(black_box(plays[*which].run()) > 0)),
        _ => println!("{}", plays.iter().map(described).collect::<Value>()),
    }
}

fn described(play: &Play) -> Value {
    play.run();
    let region = Region::new(ALLOCATOR);
    play.run();
    let change = region.change();
    let mut described = play.scripts();
    described["allocations"] = json!(change.allocations + change.reallocations);
    described["bytes"] = json!(change.bytes_allocated);
    described
}
