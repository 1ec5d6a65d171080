//! Lines as people write them, and what they mean; lines that mean nothing, and what is said of them.

mod arbitrary;
mod faults;
mod lines;
