//! Rocket.Chat's persistence for apps, as docs/reference/rocketchat.md#persistence describes it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::random::Random;

/// All records of the app. No unique keys, no order, no transactions.
#[derive(Debug, Default)]
pub struct Store {
    records: BTreeMap<u64, Record>,
    by_association: BTreeMap<String, Vec<u64>>,
    last_id: u64,
}

#[derive(Debug)]
struct Record {
    associations: Vec<String>,
    data: Value,
}

impl Store {
    /// All records that carry an association, in whatever order.
    pub fn read(&self, association: &str, random: &mut Random) -> Vec<Value> {
        let mut found: Vec<Value> = self.of(association).cloned().collect();
        if !found.is_empty() {
            let turn = random.index(found.len());
            found.rotate_left(turn);
        }
        found
    }

    /// All records that carry an association, oldest first.
    pub fn of(&self, association: &str) -> impl Iterator<Item = &Value> {
        let ids = self.by_association.get(association).into_iter().flatten();
        ids.map(|id| &self.records[id].data)
    }

    pub fn create(&mut self, associations: &[String], data: Value) {
        self.last_id += 1;
        for association in associations {
            self.by_association.entry(association.clone()).or_default().push(self.last_id);
        }
        self.records.insert(self.last_id, Record { associations: associations.to_vec(), data });
    }

    /// An upsert changes the first record with exactly these associations, in this order.
    pub fn replace(&mut self, associations: &[String], data: Value) {
        let ids = associations.first().and_then(|first| self.by_association.get(first));
        let found = ids.into_iter().flatten().find(|id| self.records[id].associations == associations).copied();
        match found.and_then(|id| self.records.get_mut(&id)) {
            Some(record) => record.data = data,
            None => self.create(associations, data),
        }
    }

    /// Removes every record that carries an association, whatever else it carries.
    pub fn remove(&mut self, association: &str) {
        for id in self.by_association.remove(association).unwrap_or_default() {
            let Some(record) = self.records.remove(&id) else { continue };
            for other in record.associations {
                if let Some(ids) = self.by_association.get_mut(&other) {
                    ids.retain(|kept| *kept != id);
                }
            }
        }
    }
}
