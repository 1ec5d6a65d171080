//! A list, read while it arrives: a first page for the first rows, then everything in one request.

use std::collections::HashSet;

use tokio_util::bytes::Bytes;

use super::read::Envelope;
use super::request::{Chunks, Failure, SILENCE, Target, Then, encode, open};
use super::{Feed, now};
use crate::model::{FeedFact, Object, Problem, ProblemKind, Uid};
use crate::source::kube::Api;
use crate::source::kube::stream::{Array, ListSplitter};

/// Rows of the first page: some screens full, and answered by any server within moments.
const PAGE: usize = 500;

/// Rows told at once.
const BATCH: usize = 500;

/// What a list may come to, before it is taken for one that never ends.
const MOST_BYTES: u64 = 2 << 30;
pub const MOST_ITEMS: u64 = 500_000;

/// What a list came to.
#[derive(Debug, Default)]
struct Tally {
    bytes: u64,
    items: u64,
    unreadable: u32,
    /// Objects of the first page. Those that the full list does not have were deleted in between.
    first: HashSet<Uid>,
}

/// Which request of a list it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    First,
    Rest,
}

/// Where a part ended.
#[derive(Debug)]
struct End {
    version: String,
    /// The token of the next page, empty at the end.
    token: String,
}

impl Feed {
    /// Lists everything, and returns the resource version that a watch goes on from.
    pub(super) async fn list(&mut self, api: &Api, target: &Target) -> Result<String, Failure> {
        self.tell(FeedFact::Begin).await;
        let mut tally = Tally::default();
        let mut end = self.part(api, target, &format!("limit={PAGE}"), Part::First, &mut tally).await?;
        if !end.token.is_empty() {
            // Not the other pages: each would be read from etcd, while version 0 comes from the
            // server's memory in a single answer. It may be a moment older; the watch tells the rest.
            tally.unreadable = 0;
            end = self.part(api, target, "resourceVersion=0", Part::Rest, &mut tally).await?;
            while !end.token.is_empty() {
                let query = format!("limit={PAGE}&continue={}", encode(&end.token));
                end = self.part(api, target, &query, Part::Rest, &mut tally).await?;
            }
            if !tally.first.is_empty() {
                let gone = tally.first.drain().collect();
                self.tell(FeedFact::Gone(gone)).await;
            }
        }
        self.listed(tally.unreadable).await;
        Ok(end.version)
    }

    async fn part(&mut self, api: &Api, target: &Target, query: &str, part: Part, tally: &mut Tally) -> Result<End, Failure> {
        let mut chunks = open(&api.client, target, query, self.reader.accept(), "list").await?;
        let mut list = ListSplitter::default();
        let mut batch: Vec<Object> = Vec::new();
        self.reader.begin();
        let at = now();
        while let Some(chunk) = next(&mut chunks, target).await? {
            tally.bytes += chunk.len() as u64;
            let reader = &mut self.reader;
            let each = |list: &ListSplitter, bytes: &[u8]| {
                tally.items += 1;
                let Some(object) = reader.item(list, bytes, at) else {
                    tally.unreadable += 1;
                    return;
                };
                match part {
                    Part::First => tally.first.insert(object.meta.uid),
                    Part::Rest => tally.first.remove(&object.meta.uid),
                };
                batch.push(object);
            };
            list.feed(&chunk, each).map_err(|e| Failure::unreadable(e, &chunk, target))?;
            if tally.bytes > MOST_BYTES || tally.items > MOST_ITEMS {
                return Err(endless(target, tally));
            }
            if batch.len() >= BATCH {
                self.tell(FeedFact::Put(std::mem::take(&mut batch))).await;
            }
        }
        let array = list.array();
        let envelope = list.finish().map_err(|e| Failure::unreadable(e, b"", target))?;
        if !batch.is_empty() {
            self.tell(FeedFact::Put(batch)).await;
        }
        unreadable_body(array, &envelope, target)?;
        let read: Envelope = serde_json::from_slice(&envelope).unwrap_or_default();
        Ok(End {
            version: read.metadata.resource_version.to_string(),
            token: read.metadata.r#continue.to_string(),
        })
    }
}

/// The next chunk, within reason.
pub(super) async fn next(chunks: &mut Chunks, target: &Target) -> Result<Option<Bytes>, Failure> {
    match tokio::time::timeout(SILENCE, chunks.next()).await {
        Ok(next) => next,
        Err(_) => Err(Failure::silent("list", &target.resource, SILENCE)),
    }
}

/// Whether an answer without a list in it is something else altogether. `"items": null` is an empty
/// list, but any other object without items is not a list.
pub fn unreadable_body(array: Option<Array>, envelope: &[u8], target: &Target) -> Result<(), Failure> {
    let read: Envelope = serde_json::from_slice(envelope).unwrap_or_default();
    if array.is_some() || read.kind.ends_with("List") || &*read.kind == "Table" {
        return Ok(());
    }
    Err(Failure::of_answer(http::StatusCode::OK, envelope, "list", target, None))
}

fn endless(target: &Target, tally: &Tally) -> Failure {
    let text = format!(
        "the list of {} does not end: given up after {} objects and {} MiB",
        target.resource,
        tally.items,
        tally.bytes >> 20
    );
    Failure {
        problem: Problem::new(ProblemKind::BadAnswer, text).hint("choose a namespace"),
        then: Then::RetryLater,
    }
}
