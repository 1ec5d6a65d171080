//! Events of controllers: each speaks about objects of its kind.

use crate::sim::store::Stored;
use crate::sim::world::{Note, Tone, World};

/// Who speaks, and of what kind of object.
#[derive(Clone, Copy, Debug)]
pub struct Voice {
    pub kind: &'static str,
    pub api_version: &'static str,
    pub component: &'static str,
}

impl Voice {
    /// Tells a matter of course.
    pub fn says(&self, world: &mut World, about: &Stored, reason: &str, message: String) {
        self.speak(world, about, Tone::Normal, reason, message);
    }

    /// Tells that something is wrong.
    pub fn warns(&self, world: &mut World, about: &Stored, reason: &str, message: String) {
        self.speak(world, about, Tone::Warning, reason, message);
    }

    fn speak(&self, world: &mut World, about: &Stored, tone: Tone, reason: &str, message: String) {
        let note = Note {
            tone,
            reason,
            message,
            component: self.component,
            host: None,
            field: None,
        };
        world.event(about, self.kind, self.api_version, &note);
    }
}
