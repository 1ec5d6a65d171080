//! What a watch told since the last fact: a hundred events of a moment become one.

use std::collections::HashMap;

use crate::model::{Object, Uid};

/// Events not yet told, the last state of each object.
#[derive(Debug, Default)]
pub struct Batch {
    puts: Vec<Object>,
    places: HashMap<Uid, usize>,
    gone: Vec<Uid>,
}

/// Whether an event went into the batch.
#[derive(Debug)]
pub enum Added {
    Yes,
    /// The batch says that this object is gone: it must be told first.
    No(Object),
}

impl Batch {
    /// The object is now so.
    pub fn put(&mut self, object: Object) -> Added {
        let uid = object.meta.uid;
        if self.gone.contains(&uid) {
            return Added::No(object);
        }
        match self.places.get(&uid).and_then(|place| self.puts.get_mut(*place)) {
            Some(old) => *old = object,
            None => {
                self.places.insert(uid, self.puts.len());
                self.puts.push(object);
            }
        }
        Added::Yes
    }

    /// The object is gone.
    pub fn gone(&mut self, uid: Uid) {
        if let Some(place) = self.places.remove(&uid) {
            self.puts.swap_remove(place);
            if let Some(moved) = self.puts.get(place) {
                self.places.insert(moved.meta.uid, place);
            }
        }
        self.gone.push(uid);
    }

    /// How many events it stands for at least.
    pub fn len(&self) -> usize {
        self.puts.len() + self.gone.len()
    }

    /// Takes what is to be told: first what is gone, so that a successor of the same name comes after.
    pub fn take(&mut self) -> (Vec<Uid>, Vec<Object>) {
        self.places.clear();
        (std::mem::take(&mut self.gone), std::mem::take(&mut self.puts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Cells, Meta};

    fn object(uid: u128, name: &str) -> Object {
        Object {
            meta: Meta {
                uid: Uid(uid),
                name: name.into(),
                ..Meta::default()
            },
            body: Body::Cells(Cells::default()),
        }
    }

    #[test]
    fn the_last_state_of_each_object_wins() {
        let mut batch = Batch::default();
        for (uid, name) in [(1, "a"), (2, "b"), (3, "c"), (2, "b2")] {
            assert!(matches!(batch.put(object(uid, name)), Added::Yes));
        }
        batch.gone(Uid(1));
        assert!(matches!(batch.put(object(3, "c2")), Added::Yes));
        assert!(matches!(batch.put(object(1, "again")), Added::No(_)));
        assert_eq!(batch.len(), 3);
        let (gone, puts) = batch.take();
        let mut names: Vec<_> = puts.iter().map(|o| &*o.meta.name).collect();
        names.sort_unstable();
        assert_eq!((gone, names), (vec![Uid(1)], vec!["b2", "c2"]));
        assert_eq!(batch.len(), 0);
    }
}
