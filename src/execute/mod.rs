//! The only room that changes the world. Nothing here decides: what is done was planned, guarded and confirmed in
//! [`crate::action`] before, and is written into the audit before it is sent.
