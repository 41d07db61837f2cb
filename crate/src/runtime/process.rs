//! A process of the app: who it is, and the caches that its operations share.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::ids::NodeId;

/// A process of the app. What it caches may be wrong, since another node may have changed what was copied, or gone,
/// since processes die.
#[derive(Debug, Default)]
pub struct Process {
    /// This app's id on the server; never changes.
    pub app_id: String,
    /// This process; never changes.
    pub node: NodeId,
    pub(crate) caches: RefCell<BTreeMap<TypeId, Rc<dyn Any>>>,
}

impl Process {
    /// A process that has cached nothing yet.
    pub fn new(app_id: String, node: NodeId) -> Self {
        Self { app_id, node, ..Self::default() }
    }

    /// The process's only value of this type, which belongs to the module that defines it.
    pub fn cache<T: Default + 'static>(&self) -> Rc<T> {
        let cached =
            Rc::clone(self.caches.borrow_mut().entry(TypeId::of::<T>()).or_insert_with(|| Rc::new(T::default())));
        // What stands under a type's id is of that type.
        cached.downcast().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn each_type_has_one_value() {
        let process = Process::new("app".into(), "node".into());
        process.cache::<Cell<u8>>().set(7);
        assert_eq!(process.cache::<Cell<u8>>().get(), 7);
        assert_eq!(process.cache::<Cell<u16>>().get(), 0);
    }
}
