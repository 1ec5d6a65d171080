//! Rows as the server itself prints them (`kubectl get` shows the same cells).

use std::sync::Arc;

use super::Time;

/// The printer columns of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns(pub Box<[ServerColumn]>);

/// One printer column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerColumn {
    /// As the server spells it: `Ready`, `Node-Selector`.
    pub name: Box<str>,
    pub kind: CellKind,
    /// Shown only in wide mode (priority above 0).
    pub wide: bool,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    Text,
    Number,
    /// A moment: the server prints an age that is old by the time it is read, so it is turned into a time.
    Age,
}

/// The cells of one row; the columns are shared by all rows of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cells {
    pub columns: Arc<Columns>,
    pub cells: Box<[Cell]>,
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Text(Box<str>),
    Number(f64),
    Time(Time),
    None,
}
