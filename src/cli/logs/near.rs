//! What somebody may have meant whose query fits nothing.

use crate::config::nearest;
use crate::model::{Known, LogQuery, Pick};
use crate::store::EnvStore;

/// A name close to one that is asked for, as the query would say it.
pub fn names(query: &LogQuery, seen: &EnvStore) -> Option<String> {
    query.picks.iter().find_map(|pick| match pick {
        Pick::Owner(known, name) => near(query, seen, *known, name).map(|name| Pick::Owner(*known, name.into()).to_string()),
        Pick::Pod(name) => near(query, seen, Known::Pod, name).map(|name| Pick::Pod(name.into()).to_string()),
        // Of pods that are called by a part of their name, as many words are compared.
        Pick::Pattern(name) => near(query, seen, Known::Pod, name),
        _ => None,
    })
}

fn near(query: &LogQuery, seen: &EnvStore, known: Known, name: &str) -> Option<String> {
    let scopes: Vec<_> = query.namespaces.scopes().into_iter().chain([crate::model::Scope::All]).collect();
    let feeds = seen.feeds_of(&known.into(), &scopes);
    let rows = feeds.iter().flat_map(|feed| feed.rows());
    let names = rows
        .filter(|row| query.namespaces.contains(&row.meta.namespace))
        .map(|row| &*row.meta.name);
    let is_part = query
        .picks
        .iter()
        .any(|pick| matches!(pick, Pick::Pattern(pattern) if **pattern == *name));
    let names: Vec<&str> = names
        .map(|full| if is_part { first_words(full, name) } else { full })
        .filter(|other| *other != name)
        .collect();
    nearest(name, &names).map(str::to_owned)
}

/// As many words of a name as another has.
fn first_words<'a>(full: &'a str, like: &str) -> &'a str {
    let end = full.match_indices('-').nth(like.matches('-').count());
    end.and_then(|(at, _)| full.get(..at)).unwrap_or(full)
}
