//! What can go wrong, and how often it did.

use std::fmt::Write;

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// Everything that goes wrong in the simulation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault { $($(#[$doc])* $name),* }

        impl Fault {
            pub const ALL: &[Fault] = &[$(Fault::$name),*];
        }
    };
}

faults! {
    /// The store refuses to write.
    WriteRefused,
    /// The store writes, and reports an error.
    WriteRefusedAfterwards,
    /// The store writes, and never answers.
    WriteUnanswered,
    /// The write never arrives, and nobody answers.
    WriteLost,
    /// The store writes after everybody has stopped waiting.
    WriteLate,
    /// Rocket.Chat refuses to read.
    ReadRefused,
    /// Rocket.Chat reads and never answers.
    ReadUnanswered,
    /// Of two upserts at once both insert.
    UpsertedTwice,
    /// Calls take seconds.
    Slow,
    /// Rocket.Chat refuses what the app posts.
    PostRefused,
    /// Rocket.Chat posts, and never answers.
    PostUnanswered,
    /// Rocket.Chat posts after everybody has stopped waiting.
    PostLate,
    /// Rocket.Chat opens a room, and never answers.
    CreateUnanswered,
    /// Rocket.Chat opens a room after everybody has stopped waiting.
    CreateLate,
    /// Rocket.Chat opens no room.
    CreateRefused,
    /// Rocket.Chat opens no second room for a visitor.
    SecondRoomRefused,
    /// Rocket.Chat insists on tags for a close.
    CloseRefused,
    /// Rocket.Chat closes, and never answers.
    CloseUnanswered,
    /// RapidPro refuses for good.
    Answers400,
    /// RapidPro cannot store it just now.
    AnswersStoring,
    /// RapidPro does not know the secret.
    Answers401,
    /// RapidPro does not know the address.
    AnswersNoTicketer,
    /// A maintenance page answers in RapidPro's place, with 200.
    MaintenancePage,
    /// A firewall answers in RapidPro's place.
    FirewallPage,
    /// A router answers in RapidPro's place that there is nothing.
    RouterPage,
    /// RapidPro's database has no connection left.
    AnswersDatabase,
    /// RapidPro never takes this one message.
    Poison,
    /// RapidPro is too busy, and says for how long.
    Answers429,
    /// RapidPro fails.
    Answers500,
    /// RapidPro does its work and cannot log it.
    AnswersLogsError,
    /// RapidPro does its work, and its proxy reports an error.
    Answers502Afterwards,
    /// The connection breaks before RapidPro has done anything.
    Reset,
    /// The connection breaks after RapidPro has done its work.
    ResetAfterwards,
    /// RapidPro neither works nor answers.
    Silent,
    /// RapidPro does its work and never answers.
    SilentAfterwards,
    /// RapidPro does its work after everybody has stopped waiting.
    AppliedLate,
    /// RapidPro stores a ticket long after it has called `room`.
    CommittedLate,
    /// RapidPro never stores a ticket for which it has called `room`.
    NeverCommitted,
    /// RapidPro does its work and takes seconds to say so.
    AnswersLate,
    /// An event of Rocket.Chat never comes.
    EventDropped,
    /// An event of Rocket.Chat comes twice.
    EventDuplicated,
    /// An event of Rocket.Chat comes after later ones.
    EventDelayed,
    /// Two `room` requests at once, on whichever nodes, the first of which RapidPro has given up.
    OpenedTwice,
    /// The app's process dies with operations under way and comes back.
    ProcessDied,
    /// The app's process stays away for a while.
    ProcessAway,
    /// The scheduler loses a job.
    JobLost,
    /// No sweep comes by for a while.
    SweepStalled,
    /// Two sweeps come by at once.
    SweptTwice,
    /// The app is disabled for a while.
    Disabled,
    /// A clock is set forward.
    ClockForward,
    /// A clock is set back.
    ClockBack,
}

/// How often each fault occurred, and in how many runs each pair of them.
#[derive(Debug, Clone)]
pub struct Tally {
    times: Vec<u64>,
    pairs: Vec<Vec<u64>>,
}

impl Tally {
    pub fn new() -> Self {
        let faults = Fault::ALL.len();
        Self { times: vec![0; faults], pairs: vec![vec![0; faults]; faults] }
    }

    /// Counts one run.
    pub fn add(&mut self, occurred: &[u64]) {
        for (fault, times) in occurred.iter().enumerate().filter(|(_, times)| **times > 0) {
            self.times[fault] += times;
            for other in (0..fault).filter(|other| occurred[*other] > 0) {
                self.pairs[fault][other] += 1;
            }
        }
    }

    pub fn merge(&mut self, other: &Self) {
        for (fault, times) in other.times.iter().enumerate() {
            self.times[fault] += times;
            for (second, runs) in other.pairs[fault].iter().enumerate() {
                self.pairs[fault][second] += runs;
            }
        }
    }

    /// The faults and pairs of them that never occurred.
    pub fn missing(&self) -> Vec<String> {
        let all = Fault::ALL;
        let singles = all.iter().enumerate().filter(|(fault, _)| self.times[*fault] == 0);
        let singles = singles.map(|(_, fault)| format!("{fault:?}"));
        let pairs = (0..all.len()).flat_map(|fault| (0..fault).map(move |other| (fault, other)));
        let pairs = pairs.filter(|(fault, other)| self.pairs[*fault][*other] == 0);
        let pairs = pairs.map(|(fault, other)| format!("{:?} with {:?}", all[fault], all[other]));
        singles.chain(pairs).collect()
    }

    /// How often each fault occurred, and below each other's number in how many runs each pair.
    pub fn table(&self) -> String {
        let mut table =
            String::from("fault                       times | in how many runs together with fault number 0, 1, 2 …\n");
        for (fault, name) in Fault::ALL.iter().enumerate() {
            let name = format!("{fault:>2} {name:?}");
            let _ = write!(table, "{name:<24} {:>8} |", self.times[fault]);
            for runs in &self.pairs[fault][..fault] {
                let _ = write!(table, " {runs}");
            }
            table.push('\n');
        }
        table
    }
}
