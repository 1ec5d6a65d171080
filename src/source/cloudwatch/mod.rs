//! CloudWatch Logs: groups listed, read back, followed, and asked through Insights.
//!
//! ```text
//!   history (FilterLogEvents, page by page) ──► follow ──► live: StartLiveTail, where it is allowed
//!                                                     └──► poll: FilterLogEvents again and again, where not
//! ```
//!
//! Where one way takes over from the other, their times overlap and [`told`] says which lines are new.

mod client;
pub mod follow;
pub mod groups;
pub mod insights;
mod line;
mod live;
mod pace;
mod pod;
mod poll;
mod problem;
mod tell;
mod told;

use crate::config::CloudWatch;
use crate::model::Problem;

pub use client::connect;
pub use pace::Pace;

/// Whether a place answers and takes the credentials; how many groups it has is not asked.
///
/// # Errors
/// What is wrong, as one sentence.
pub async fn check(place: &CloudWatch) -> Result<(), Problem> {
    let client = connect(place).await;
    let asked = problem::Asked {
        action: "logs:DescribeLogGroups",
        on: "",
        place,
    };
    let answer = client.describe_log_groups().limit(1).send().await;
    answer.map(drop).map_err(|error| problem::of(&error, &asked))
}
