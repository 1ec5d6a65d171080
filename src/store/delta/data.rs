//! What changes of config maps and secrets. What they hold is not kept, not even a fingerprint of it; who wrote which
//! keys, and when, says that something changed.

use std::collections::BTreeSet;

use super::Pair;
use crate::model::{Change, ChangeKind, Object, Write, WrittenPart};

/// Keys that are named in a sentence; the others are among the details.
const NAMED: usize = 4;

impl Pair<'_> {
    pub(super) fn data(&self) -> Vec<Change> {
        let signs = |object: &Object| {
            let writes = data_of(object).map(|write| (write.at, write.manager.clone(), write.keys.clone()));
            writes.collect::<Vec<_>>()
        };
        if signs(self.old) == signs(self.new) {
            return Vec::new();
        }
        let (old, new) = (keys(self.old), keys(self.new));
        // Keys beyond those that are kept must not look as if they had come or gone.
        let (came, went): (Vec<_>, Vec<_>) = if whole(self.old) && whole(self.new) {
            (new.difference(&old).copied().collect(), old.difference(&new).copied().collect())
        } else {
            Default::default()
        };
        let write = self.write(WrittenPart::Data);
        // A key that was there and is now this writer's has another value.
        let taken = write.map(|write| &*write.keys).unwrap_or_default().iter().map(|key| &**key);
        let taken = taken.filter(|key| old.contains(key) && write.is_some_and(|w| !had(self.old, &w.manager, key)));
        let lines = came.iter().map(|key| format!("+ {key}"));
        let lines = lines
            .chain(went.iter().map(|key| format!("- {key}")))
            .chain(taken.map(|key| format!("~ {key}")));
        let details = lines.map(String::into_boxed_str).collect();

        let mut what = "data changed".to_owned();
        let signed = came.iter().map(|key| ('+', key)).chain(went.iter().map(|key| ('-', key)));
        for (at, (sign, key)) in signed.take(NAMED).enumerate() {
            what.push_str(if at == 0 { ": " } else { " " });
            what.push(sign);
            what.push_str(key);
        }
        if came.len() + went.len() > NAMED {
            what.push_str(" …");
        }
        vec![Change {
            details,
            ..self.by(ChangeKind::Config, write, what)
        }]
    }
}

fn data_of(object: &Object) -> impl Iterator<Item = &Write> {
    object.meta.writes.iter().filter(|write| write.wrote(WrittenPart::Data))
}

fn keys(object: &Object) -> BTreeSet<&str> {
    data_of(object).flat_map(|write| write.keys.iter()).map(|key| &**key).collect()
}

/// Whether all keys are known.
fn whole(object: &Object) -> bool {
    data_of(object).all(|write| write.keys.len() < Write::KEYS)
}

/// Whether this manager had written this key.
fn had(object: &Object, manager: &str, key: &str) -> bool {
    data_of(object).any(|write| *write.manager == *manager && write.keys.iter().any(|k| **k == *key))
}
