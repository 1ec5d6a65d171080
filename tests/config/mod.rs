//! The configuration: files that must load, files that must not, and the layers above them.

mod files;
mod layers;
