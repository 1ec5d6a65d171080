//! The table of objects: which columns a kind has, which rows a filter keeps, in which order they stand.
//!
//! Everything here is a pure function of the rows and of the moment `now`, which the rows carry.

pub mod columns;
mod draw;
pub mod environments;
pub mod filter;
pub mod forwards;
mod layout;
mod natural;
mod row;
#[cfg(test)]
mod samples;
pub mod sort;
mod twins;
mod value;
mod view;

pub use columns::{Align, Column, ColumnRef, Content, Width, columns};
pub use draw::draw;
pub use filter::{Filter, Scratch};
pub use row::{EnvRow, Row, Subject};
pub use sort::{Sort, default_sort, order};
pub use value::Value;
pub use view::{Narrow, RowSource, TableView, World, as_text};

/// How much a table shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Detail {
    /// The usual columns.
    #[default]
    Usual,
    /// The wide columns as well.
    Wide,
}
