//! Label and field selectors: what a list or watch asks for, besides kind and namespace.

mod fields;
mod labels;
mod pick;

use super::kinds::Served;
use super::status::Status;
use super::version::Version;
use crate::sim::face::Request;
use crate::sim::store::Stored;

pub use labels::{Requirement, parse as parse_labels};

/// A label selector and a field selector; both have to fit.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<fields::Rule>,
}

impl Selector {
    /// The selectors of a request for objects of this kind.
    ///
    /// # Errors
    /// 400, in a real server's words: a selector that cannot be read, or a field that the kind is not selected by.
    pub fn of(request: &Request, kind: &Served, version: Version) -> Result<Self, Status> {
        let labels = parse_labels(request.query("labelSelector").unwrap_or_default()).map_err(Status::bad_request)?;
        let text = request.query("fieldSelector").unwrap_or_default();
        let fields = fields::parse(text, kind, version).map_err(Status::bad_request)?;
        Ok(Self { labels, fields })
    }

    pub fn matches(&self, object: &Stored) -> bool {
        self.labels.iter().all(|rule| rule.holds(object.label(&rule.key))) && self.fields.iter().all(|rule| rule.holds(object))
    }

    /// Whether it asks for everything.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }
}
