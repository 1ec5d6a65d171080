//! A namespace has used up what it may use: nothing more can be made in it.

use std::collections::BTreeMap;

use crate::diagnosis::refusal::{self, QUOTA, Refusal, refusals};
use crate::diagnosis::sight::Sight;
use crate::model::{Finding, Kind, Subject, Uid, shorten};

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let mut quotas: BTreeMap<(&str, &str), Vec<Refusal>> = BTreeMap::new();
    for refusal in refusals(sight, QUOTA) {
        // Whether something is still missing, only its owner can tell.
        if let (Some(excess), Some(_)) = (read(refusal.message), refusal.owner) {
            quotas.entry((refusal.namespace, excess.quota)).or_default().push(refusal);
        }
    }
    let found = quotas.into_iter().map(|((namespace, quota), refusals)| {
        let subject = Subject {
            kind: Kind::of("", "resourcequotas"),
            namespace: namespace.into(),
            name: quota.into(),
            uid: Uid::of(&format!("{namespace}/{quota}")),
        };
        // The newest knows best how much is used.
        let words = refusals
            .first()
            .and_then(|r| read(r.message))
            .map(|e| e.words())
            .unwrap_or_default();
        let title = format!("quota is full{words}");
        let finding = Finding::new(refusal::severity(sight, &refusals), subject, title);
        refusal::tell(sight, finding, &refusals)
    });
    found.collect()
}

/// What the server says of a quota: amounts by resource, `pods=1,limits.memory=64Mi`.
struct Excess<'t> {
    quota: &'t str,
    requested: &'t str,
    used: &'t str,
    limited: &'t str,
}

/// Reads `…exceeded quota: NAME, requested: pods=1, used: pods=50, limited: pods=50`.
fn read(message: &str) -> Option<Excess<'_>> {
    let (_, rest) = message.split_once(QUOTA)?;
    let (quota, rest) = rest.split_once(", requested: ")?;
    let (requested, rest) = rest.split_once(", used: ")?;
    let (used, rest) = rest.split_once(", limited: ")?;
    let limited = rest.split([' ', '"', ')']).next().unwrap_or(rest);
    (!quota.is_empty()).then_some(Excess {
        quota,
        requested,
        used,
        limited,
    })
}

impl Excess<'_> {
    /// ` · pods: 50 of 50 used, 1 more asked for`
    fn words(&self) -> String {
        let amount = |list: &str, of: &str| {
            let mut pairs = list.split(',').filter_map(|pair| pair.trim().split_once('='));
            pairs.find(|(name, _)| *name == of).map(|(_, amount)| amount.to_owned())
        };
        let mut words = String::new();
        for (name, more) in self.requested.split(',').filter_map(|pair| pair.trim().split_once('=')) {
            if let (Some(used), Some(all)) = (amount(self.used, name), amount(self.limited, name)) {
                words.push_str(&format!(" · {name}: {used} of {all} used, {more} more asked for"));
            }
        }
        shorten(&words, 200).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_sentence_is_taken_apart() {
        for (message, quota, words) in [
            (
                r#"Error creating: pods "b-1" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=50, limited: pods=50"#,
                "compute",
                " · pods: 50 of 50 used, 1 more asked for",
            ),
            (
                r#"pods "two" is forbidden: exceeded quota: q, requested: limits.memory=64Mi,pods=1, used: limits.memory=64Mi,pods=1, limited: limits.memory=100Mi,pods=1"#,
                "q",
                " · limits.memory: 64Mi of 100Mi used, 64Mi more asked for · pods: 1 of 1 used, 1 more asked for",
            ),
            ("exceeded quota: q, requested: a, used: , limited: ", "q", ""),
        ] {
            let excess = read(message).unwrap();
            assert_eq!((excess.quota, excess.words().as_str()), (quota, words));
        }
        for message in [
            "",
            "exceeded quota: ",
            "exceeded quota: q",
            "failed quota: q: must specify limits.cpu",
        ] {
            assert!(read(message).is_none(), "{message}");
        }
    }
}
