//! How long the core takes, natively: `npm run bench -- --criterion`.
#![expect(missing_docs, reason = "criterion's macros write items without them")]

use criterion::{Criterion, criterion_group, criterion_main};
use rapidpro_tickets_bench::play;

fn operations(criterion: &mut Criterion) {
    for play in play::all().expect("the core reads these") {
        criterion.bench_function(play.name, |bencher| bencher.iter(|| play.run()));
    }
}

criterion_group!(benches, operations);
criterion_main!(benches);
