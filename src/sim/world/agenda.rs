//! What is due when. Things due at the same time happen in the order in which they were planned.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use jiff::Timestamp;

use crate::sim::{control, scenario};

/// Something that happens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Task {
    /// A controller looks at something. Planned twice it happens once, at the earlier time.
    Control(control::Task),
    /// Physics takes the next sample.
    Sample,
    /// The scenario goes on.
    Scenario(scenario::Task),
}

/// A queue by time.
#[derive(Debug, Default)]
pub struct Agenda {
    heap: BinaryHeap<Reverse<(Timestamp, u64)>>,
    tasks: HashMap<u64, Task>,
    planned: HashMap<Task, (Timestamp, u64)>,
    next: u64,
}

impl Agenda {
    /// Plans a task. One that is planned already stays planned once, at the earlier of the two times.
    pub fn add(&mut self, at: Timestamp, task: Task) {
        if let Some((before, number)) = self.planned.get(&task).copied() {
            if before <= at {
                return;
            }
            self.tasks.remove(&number);
        }
        let number = self.next;
        self.next += 1;
        self.heap.push(Reverse((at, number)));
        self.planned.insert(task.clone(), (at, number));
        self.tasks.insert(number, task);
    }

    /// Takes the next task that is due by then.
    pub fn due(&mut self, by: Timestamp) -> Option<(Timestamp, Task)> {
        loop {
            let Reverse((at, number)) = *self.heap.peek()?;
            if at > by {
                return None;
            }
            self.heap.pop();
            // A number without a task was planned anew for an earlier time.
            if let Some(task) = self.tasks.remove(&number) {
                self.planned.remove(&task);
                return Some((at, task));
            }
        }
    }

    /// When the next task is due.
    pub fn next(&self) -> Option<Timestamp> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }
}
