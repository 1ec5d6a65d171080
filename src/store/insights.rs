//! The answer of Logs Insights to one question, as far as it has come.

use crate::model::{InsightsFact, InsightsTable, Problem, Scanned, Time};

/// A question's answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Insights {
    pub state: InsightsState,
    pub scanned: Scanned,
    pub table: InsightsTable,
    pub heard: Time,
    /// Grows with every change.
    pub version: u64,
}

/// How a question is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum InsightsState {
    /// Nothing was heard yet.
    #[default]
    Starting,
    /// The rows so far may be a part.
    Running,
    Done,
    Retrying {
        since: Time,
        problem: Problem,
        next: Time,
    },
    Failed(Problem),
}

impl Insights {
    pub(super) fn apply(&mut self, at: Time, fact: InsightsFact) {
        self.heard = at;
        self.version += 1;
        self.state = match fact {
            InsightsFact::Running(scanned, table) => {
                (self.scanned, self.table) = (scanned, table);
                InsightsState::Running
            }
            InsightsFact::Done(scanned, table) => {
                (self.scanned, self.table) = (scanned, table);
                InsightsState::Done
            }
            InsightsFact::Retrying { problem, next } => {
                let since = match self.state {
                    InsightsState::Retrying { since, .. } => since,
                    _ => at,
                };
                InsightsState::Retrying { since, problem, next }
            }
            // What was answered before stays: it was true.
            InsightsFact::Failed(problem) => InsightsState::Failed(problem),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProblemKind;

    #[test]
    fn an_answer_grows_and_trouble_does_not_take_it_away() {
        let mut insights = Insights::default();
        let scanned = Scanned {
            matched: 1,
            records: 10,
            bytes: 1000,
        };
        let table = InsightsTable {
            columns: vec!["n".into()],
            rows: vec![vec!["3".into()]],
        };
        insights.apply(Time(5), InsightsFact::Running(scanned, table.clone()));
        let problem = Problem::new(ProblemKind::Throttled, "slow down");
        for at in [6, 7] {
            let (problem, next) = (problem.clone(), Time(9));
            insights.apply(Time(at), InsightsFact::Retrying { problem, next });
        }
        assert!(matches!(insights.state, InsightsState::Retrying { since: Time(6), .. }));
        assert_eq!((insights.scanned, insights.table.rows.len()), (scanned, 1));
        insights.apply(Time(8), InsightsFact::Done(scanned, table));
        assert_eq!((insights.state, insights.version), (InsightsState::Done, 4));
    }
}
