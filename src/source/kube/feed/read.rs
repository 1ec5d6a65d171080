//! Bytes into objects: list elements and watch events, of kinds known and unknown.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::model::{FeedKey, Kind, Known, Object, Scope, Time, Uid};
use crate::source::kube::raw::{self, Decoded, Maybe, RawMeta, Strings, Text};
use crate::source::kube::stream::{Array, ListSplitter};
use crate::source::kube::table::{self, TableReader, Writes};

/// Reads the objects of one feed; lives as long as it does, so that its strings are shared.
pub enum Reader {
    Known(Known, Strings),
    Table {
        reader: TableReader,
        accept: &'static str,
        head: Head,
    },
}

/// Whether the columns of the present list were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    Wanted,
    Taken,
}

/// One watch event, read.
#[derive(Debug)]
pub enum News {
    Put(Object, Box<str>),
    Gone(Uid, Box<str>),
    /// Everything up to this version has been told. `complete`: the initial state is now complete.
    Bookmark {
        version: Box<str>,
        complete: bool,
    },
    /// The server ends the watch; a `Status` as JSON.
    Failed(Vec<u8>),
    /// An event that cannot be read.
    Unreadable,
    /// A line that is no JSON at all: someone else answers.
    Foreign(Vec<u8>),
}

/// What surrounds the items of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Envelope<'a> {
    #[serde(borrow)]
    pub kind: Text<'a>,
    pub metadata: Maybe<ListMeta<'a>>,
}

/// The metadata of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListMeta<'a> {
    #[serde(borrow)]
    pub resource_version: Text<'a>,
    pub r#continue: Text<'a>,
}

/// An object of which only the metadata is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Partial<'a> {
    #[serde(borrow)]
    metadata: Maybe<RawMeta<'a>>,
}

impl Reader {
    /// The reader of a feed.
    pub fn new(key: &FeedKey) -> Self {
        let accept = match key.kind {
            Kind::Known(Known::ConfigMap) | Kind::Other(_) => table::ACCEPT,
            Kind::Known(Known::Secret) => table::ACCEPT_ONLY,
            Kind::Known(known) => return Self::Known(known, Strings::default()),
        };
        let namespace = match &key.scope {
            Scope::All => Arc::default(),
            Scope::Namespace(name) => name.clone(),
        };
        let writes = match key.kind {
            Kind::Known(_) => Writes::Read,
            Kind::Other(_) => Writes::Skip,
        };
        Self::Table {
            reader: TableReader::new(namespace, writes),
            accept,
            head: Head::Wanted,
        }
    }

    /// The `Accept` header of its requests.
    pub fn accept(&self) -> &'static str {
        match self {
            Self::Known(..) => "application/json",
            Self::Table { accept, .. } => accept,
        }
    }

    /// A list begins: its columns may differ from those of the one before.
    pub fn begin(&mut self) {
        if let Self::Table { head, .. } = self {
            *head = Head::Wanted;
        }
    }

    /// Reads an element of a list; `None` if it cannot be read.
    pub fn item(&mut self, list: &ListSplitter, bytes: &[u8], now: Time) -> Option<Object> {
        let read = match self {
            Self::Known(known, strings) => raw::decode(*known, bytes, strings)?,
            Self::Table { reader, .. } if list.array() == Some(Array::Items) => reader.plain(bytes),
            Self::Table { reader, head, .. } => {
                if *head == Head::Wanted {
                    reader.head(&list.head());
                    *head = Head::Taken;
                }
                reader.row(bytes, now)
            }
        };
        read.ok().map(|decoded| decoded.object)
    }

    /// Reads one line of a watch.
    pub fn event(&mut self, line: &[u8], now: Time) -> News {
        if line.first() != Some(&b'{') {
            return News::Foreign(line.to_vec());
        }
        let Some((kind, object)) = split(line) else {
            return News::Unreadable;
        };
        match &*kind {
            "ADDED" | "MODIFIED" => match self.object(&object, now) {
                Some(Decoded { object, version }) => News::Put(object, version),
                None => News::Unreadable,
            },
            "DELETED" => self.gone(&object, now),
            "BOOKMARK" => bookmark(&object),
            "ERROR" => News::Failed(object.into_owned()),
            _ => News::Unreadable,
        }
    }

    fn object(&mut self, bytes: &[u8], now: Time) -> Option<Decoded> {
        match self {
            Self::Known(known, strings) => raw::decode(*known, bytes, strings)?.ok(),
            Self::Table { reader, .. } => reader.event(bytes, now).ok(),
        }
    }

    fn gone(&mut self, bytes: &[u8], now: Time) -> News {
        if let Self::Table { .. } = self {
            return match self.object(bytes, now) {
                Some(Decoded { object, version }) => News::Gone(object.meta.uid, version),
                None => News::Unreadable,
            };
        }
        match serde_json::from_slice::<Partial>(bytes) {
            Ok(Partial { metadata }) => News::Gone(metadata.identity(), (*metadata.resource_version).into()),
            Err(_) => News::Unreadable,
        }
    }
}

/// A bookmark is an object with nothing but a version; in the Table form it is a row's metadata.
fn bookmark(bytes: &[u8]) -> News {
    match serde_json::from_slice::<table::Event>(bytes) {
        Ok(event) => News::Bookmark {
            version: event.version().into(),
            complete: event.completes(),
        },
        Err(_) => News::Unreadable,
    }
}

/// The type of an event and its object's bytes. API servers write `{"type":"ADDED","object":{…}}`,
/// which needs no parser; any other order or spacing takes the long way.
fn split(line: &[u8]) -> Option<(Cow<'_, str>, Cow<'_, [u8]>)> {
    let short = || {
        let rest = line.strip_prefix(b"{\"type\":\"")?;
        let end = memchr::memchr(b'"', rest)?;
        let kind = std::str::from_utf8(rest.get(..end)?).ok()?;
        let object = rest.get(end..)?.strip_prefix(b"\",\"object\":")?.strip_suffix(b"}")?;
        Some((Cow::Borrowed(kind), Cow::Borrowed(object)))
    };
    short().or_else(|| {
        let event: Value = serde_json::from_slice(line).ok()?;
        let kind = event.get("type")?.as_str()?.to_owned();
        Some((Cow::Owned(kind), Cow::Owned(serde_json::to_vec(event.get("object")?).ok()?)))
    })
}
