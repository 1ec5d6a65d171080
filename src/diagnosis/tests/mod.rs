//! What each check finds and, as important, what it does not; how effects fold under causes; what no look may do.

mod api;
mod calm;
mod folding;
mod jobs;
mod nodes;
mod pods;
mod policy;
mod property;
mod refusals;
mod rollouts;
mod storage;
mod traffic;
