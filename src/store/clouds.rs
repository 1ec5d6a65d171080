//! Which log groups of CloudWatch a person means: one by its name, several by a pattern, in whichever place they are.

use std::sync::Arc;

use super::EnvStore;
use crate::model::{CloudPlace, LogFrom, LogGroup, LogQuery, Pick, Problem, ProblemKind, Time, fits};

/// Bytes of a line, as many programs write it.
const LINE: u64 = 300;

/// What a name or a pattern means at this moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The groups, each with the number of its place.
    pub groups: Vec<(u16, Arc<str>)>,
    /// Whether a place has still to say which groups it has.
    pub waiting: bool,
    /// Why there are none, and will be none.
    pub problem: Option<Problem>,
}

/// What groups are wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// To be read and followed, which not every group can be.
    Followed,
    /// To be asked through Insights.
    Asked,
}

/// Whether it is no name of one group: `*` is any text, and a `/` at the end means all below.
pub fn is_pattern(text: &str) -> bool {
    text.is_empty() || text.contains('*') || text.ends_with('/')
}

/// Whether a group is meant.
fn means(pattern: &str, name: &str) -> bool {
    match pattern.ends_with('/') || pattern.is_empty() {
        true => fits(&format!("{pattern}*"), name),
        false => fits(pattern, name),
    }
}

/// The groups that a name or a pattern means. One name in the only place there is needs no list: it may be read
/// where nothing may be listed.
pub fn find(pattern: &str, wanted: Use, seen: &EnvStore) -> Found {
    let mut found = Found::default();
    if seen.clouds.is_empty() {
        found.problem = Some(none());
        return found;
    }
    let by_name = !is_pattern(pattern);
    if by_name && seen.clouds.len() == 1 {
        found.groups.push((0, pattern.into()));
        return found;
    }
    let mut refused: Option<(u16, &Problem)> = None;
    for (number, _) in (0..).zip(&seen.clouds) {
        match seen.log_groups.get(&number) {
            None => found.waiting = true,
            Some((_, Err(problem))) => refused = refused.or(Some((number, problem))),
            Some((_, Ok(groups))) => {
                // By a pattern nobody means what cannot be followed.
                let meant = |group: &&LogGroup| means(pattern, &group.name) && (by_name || wanted == Use::Asked || !group.insights_only);
                found
                    .groups
                    .extend(groups.iter().filter(meant).map(|group| (number, group.name.clone())));
            }
        }
    }
    if found.groups.is_empty() && !found.waiting {
        match refused {
            // Where nothing may be listed it may be there all the same; where it is not, the place says so.
            Some((number, _)) if by_name => found.groups.push((number, pattern.into())),
            None if by_name => found.groups.push((0, pattern.into())),
            Some((_, problem)) => found.problem = Some(problem.clone()),
            None => found.problem = Some(nothing(pattern, seen)),
        }
    }
    found
}

/// Why no group is read by a query that means some; `None`: some are, or it is not known yet.
pub fn problem(query: &LogQuery, seen: &EnvStore) -> Option<Problem> {
    query.groups().find_map(|group| find(group, Use::Followed, seen).problem)
}

/// There is no place at all.
pub fn none() -> Problem {
    let problem = Problem::new(ProblemKind::Config, "this environment has no CloudWatch");
    problem.hint("add cloudwatch to it in the configuration, with its region")
}

fn nothing(pattern: &str, seen: &EnvStore) -> Problem {
    let named: Vec<&str> = seen.clouds.iter().flat_map(|place| &place.named).map(|name| &**name).collect();
    let problem = Problem::new(ProblemKind::NotFound, format!("no log group fits {pattern}"));
    match named.as_slice() {
        [] => problem.hint("`:logs cloudwatch:` and tab show which there are"),
        named => problem.hint(format!("the configuration names {} (groups of cloudwatch)", named.join(", "))),
    }
}

/// About how many bytes CloudWatch has to be asked for to read what a query means: as much as the groups hold of that
/// time. What is not known counts for nothing.
pub fn weight(query: &LogQuery, seen: &EnvStore, now: Time) -> u64 {
    let groups = query.groups().flat_map(|pattern| find(pattern, Use::Followed, seen).groups);
    let known = groups.filter_map(|(place, name)| group(seen, place, &name));
    let share = |group: &LogGroup| match query.from {
        LogFrom::Tail(lines) => (u64::from(lines) * LINE).min(group.bytes),
        LogFrom::Since(seconds) => {
            let kept = i64::from(group.retention) * 86_400;
            let age = group.created.age(now).max(1);
            let age = if kept > 0 { age.min(kept) } else { age };
            let share = (f64::from(seconds) / age as f64).min(1.0);
            (group.bytes as f64 * share) as u64
        }
        LogFrom::Start => group.bytes,
    };
    known.map(share).sum()
}

/// A listed group by its place and name.
pub fn group<'a>(seen: &'a EnvStore, place: u16, name: &str) -> Option<&'a LogGroup> {
    let (_, Ok(groups)) = seen.log_groups.get(&place)? else {
        return None;
    };
    groups.iter().find(|group| *group.name == *name)
}

/// The names of all groups that are listed, in order, with the place where there are several.
pub fn names(seen: &EnvStore) -> Vec<(&LogGroup, &CloudPlace)> {
    let lists = seen.log_groups.iter().filter_map(|(number, (_, groups))| {
        let place = seen.clouds.get(usize::from(*number))?;
        groups.as_ref().ok().map(|groups| (place, groups))
    });
    lists
        .flat_map(|(place, groups)| groups.iter().map(move |group| (group, place)))
        .collect()
}

impl LogQuery {
    /// The names and patterns of log groups that it reads.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.picks.iter().filter_map(|pick| match pick {
            Pick::Group(group) => Some(&**group),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EnvId, Fact, Seen, Time};
    use crate::store::Store;

    fn listed(lists: &[Result<&[&str], &str>]) -> Store {
        let mut store = Store::new(1);
        store.set_clouds(EnvId(0), vec![CloudPlace::default(); lists.len()]);
        for (number, list) in (0..).zip(lists) {
            let group = |name: &&str| LogGroup {
                name: (*name).into(),
                bytes: 0,
                retention: 0,
                created: Time(0),
                insights_only: name.ends_with("-rare"),
            };
            let groups = match list {
                Ok(names) => Ok(names.iter().map(group).collect()),
                Err(text) => Err(Problem::new(ProblemKind::Denied, text)),
            };
            store.apply(Fact {
                env: EnvId(0),
                at: Time(1),
                seen: Seen::LogGroups(number, groups),
            });
        }
        store
    }

    fn found(store: &Store, pattern: &str) -> Vec<String> {
        let found = find(pattern, Use::Followed, store.env(EnvId(0)).unwrap());
        let groups = found.groups.iter().map(|(place, name)| format!("{place}:{name}"));
        groups.chain(found.problem.map(|problem| problem.to_string())).collect()
    }

    #[test]
    fn a_name_a_pattern_and_all_below_a_path() {
        let one = listed(&[Ok(&["/a/backend", "/a/jobs", "/a/jobs-rare", "/b/backend"])]);
        assert_eq!(found(&one, "/a/backend"), ["0:/a/backend"]);
        assert_eq!(found(&one, "/c/not-listed"), ["0:/c/not-listed"]);
        assert_eq!(found(&one, "/*/backend"), ["0:/a/backend", "0:/b/backend"]);
        assert_eq!(found(&one, "/a/"), ["0:/a/backend", "0:/a/jobs"]);
        let nothing = found(&one, "/c/*");
        assert!(
            nothing.len() == 1 && nothing[0].starts_with("no log group fits /c/*"),
            "{nothing:?}"
        );
    }

    #[test]
    fn of_several_places_the_one_that_has_it() {
        let two = listed(&[Ok(&["/a"]), Ok(&["/a", "/b"])]);
        assert_eq!(found(&two, "/b"), ["1:/b"]);
        assert_eq!(found(&two, "/a"), ["0:/a", "1:/a"]);
        assert_eq!(found(&two, "/c"), ["0:/c"], "the place says that there is none");
        let denied = listed(&[Ok(&["/a"]), Err("it may not be listed")]);
        assert_eq!(found(&denied, "/b"), ["1:/b"], "it may be there");
        assert_eq!(found(&denied, "/b*"), ["it may not be listed"]);
        assert_eq!(found(&denied, "/a*"), ["0:/a"]);
    }

    #[test]
    fn how_much_there_is_to_read_follows_from_how_far_back() {
        let mut store = Store::new(1);
        store.set_clouds(EnvId(0), vec![CloudPlace::default()]);
        let group = LogGroup {
            name: "/a".into(),
            bytes: 1 << 30,
            retention: 1,
            created: Time(0),
            insights_only: false,
        };
        store.apply(Fact {
            env: EnvId(0),
            at: Time(1),
            seen: Seen::LogGroups(0, Ok(vec![group])),
        });
        let now = Time(30 * 86_400);
        let mut query = LogQuery::of(crate::model::Namespaces::All, vec![Pick::Group("/a".into())]);
        for (from, bytes) in [
            (LogFrom::Tail(1000), 300_000),
            (LogFrom::Since(6 * 3600), 1 << 28),
            (LogFrom::Since(900_000), 1 << 30),
            (LogFrom::Start, 1 << 30),
        ] {
            query.from = from;
            assert_eq!(weight(&query, store.env(EnvId(0)).unwrap(), now), bytes, "{from:?}");
        }
        query.picks = vec![Pick::Group("/b".into())];
        assert_eq!(weight(&query, store.env(EnvId(0)).unwrap(), now), 0);
    }

    #[test]
    fn what_is_not_known_is_waited_for_and_what_is_not_configured_is_said() {
        let mut store = Store::new(1);
        let of = |store: &Store, pattern| find(pattern, Use::Followed, store.env(EnvId(0)).unwrap());
        assert!(of(&store, "/a").problem.is_some());
        store.set_clouds(EnvId(0), vec![CloudPlace::default()]);
        assert_eq!(of(&store, "/a").groups.len(), 1);
        assert!(of(&store, "/a*").waiting && of(&store, "/a*").problem.is_none());
    }
}
