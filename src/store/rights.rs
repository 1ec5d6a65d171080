//! What the server said of the user's rights, kept so that a key can say that it will be refused before it is pressed.

use std::collections::HashMap;

use crate::model::{Problem, Right, Server, Time, Verdict};

/// An answer younger than this (seconds) is not asked for again.
const FRESH: i64 = 10 * 60;
/// More answers than this are not kept: whoever looks at so many namespaces has left the first ones long ago.
const MOST: usize = 2000;

/// The answers of one environment, all to the same identity.
#[derive(Debug, Default)]
pub struct Rights {
    known: HashMap<Right, (Time, Result<Verdict, Problem>)>,
    /// Whose rights they are: host and user.
    whose: Option<(Box<str>, Box<str>)>,
}

impl Rights {
    /// Keeps an answer.
    pub(super) fn keep(&mut self, at: Time, right: Right, answer: Result<Verdict, Problem>) {
        if self.known.len() >= MOST {
            self.known.clear();
        }
        self.known.insert(right, (at, answer));
    }

    /// Somebody is connected: the answers to somebody else are none any more.
    pub(super) fn belong_to(&mut self, server: &Server) {
        let whose = Some((server.host.clone(), server.user.clone()));
        if self.whose != whose {
            self.known.clear();
            self.whose = whose;
        }
    }

    /// An answer may be wrong by now: it is asked for again.
    pub(super) fn doubt(&mut self, right: &Right) {
        for right in [right.of_any_name(), right.clone()] {
            if let Some((at, _)) = self.known.get_mut(&right) {
                *at = Time::NEVER;
            }
        }
    }

    /// Whether one has a right. `None`: it is not known, or not certain. Rules may name objects, so that what is
    /// denied for all names is denied for this one only where that was asked, too.
    pub fn may(&self, right: &Right) -> Option<bool> {
        let said = |right: &Right| match self.known.get(right) {
            Some((_, Ok(Verdict::Allowed))) => Some(true),
            Some((_, Ok(Verdict::Denied(_)))) => Some(false),
            Some((_, Err(_))) | None => None,
        };
        match said(&right.of_any_name()) {
            Some(false) if !right.name.is_empty() => said(right),
            said => said,
        }
    }

    /// What is to be asked next to know it; `None`: nothing.
    pub fn question(&self, right: &Right, now: Time) -> Option<Right> {
        let is_fresh = |right: &Right| matches!(self.known.get(right), Some((at, _)) if at.is_known() && at.age(now) < FRESH);
        let any = right.of_any_name();
        if !is_fresh(&any) {
            return Some(any);
        }
        let is_denied = matches!(self.known.get(&any), Some((_, Ok(Verdict::Denied(_)))));
        (is_denied && !right.name.is_empty() && !is_fresh(right)).then(|| right.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProblemKind;

    fn right(name: &str) -> Right {
        Right {
            verb: "patch",
            group: "apps".into(),
            resource: "deployments".into(),
            subresource: "scale",
            namespace: "solia".into(),
            name: name.into(),
        }
    }

    fn denied() -> Result<Verdict, Problem> {
        Ok(Verdict::Denied(String::new()))
    }

    #[test]
    fn what_is_denied_for_all_may_be_allowed_for_one() {
        let mut rights = Rights::default();
        let now = Time(1000);
        assert_eq!(rights.may(&right("web")), None);
        assert_eq!(
            rights.question(&right("web"), now),
            Some(right("")),
            "one question for all names first"
        );
        rights.keep(now, right(""), denied());
        assert_eq!(rights.may(&right("")), Some(false));
        assert_eq!(rights.may(&right("web")), None, "a rule may name it");
        assert_eq!(rights.question(&right("web"), now), Some(right("web")));
        rights.keep(now, right("web"), Ok(Verdict::Allowed));
        assert_eq!(rights.may(&right("web")), Some(true));
        assert_eq!(rights.question(&right("web"), now), None);
        rights.keep(now, right("db"), denied());
        assert_eq!(rights.may(&right("db")), Some(false));
    }

    #[test]
    fn an_answer_grows_old_is_doubted_and_belongs_to_one_user() {
        let mut rights = Rights::default();
        let now = Time(1000);
        rights.keep(now, right(""), Ok(Verdict::Allowed));
        assert_eq!(rights.may(&right("web")), Some(true));
        assert_eq!(rights.question(&right("web"), Time(now.0 + FRESH - 1)), None);
        assert_eq!(rights.question(&right("web"), Time(now.0 + FRESH)), Some(right("")));
        assert_eq!(rights.may(&right("web")), Some(true), "an old answer holds until the new one comes");
        rights.doubt(&right("web"));
        assert_eq!(rights.question(&right("web"), now), Some(right("")));
        rights.keep(now, right(""), Err(Problem::new(ProblemKind::Denied, "may not ask")));
        assert_eq!(rights.may(&right("web")), None, "no answer is no refusal");
        assert_eq!(rights.question(&right("web"), now), None, "and is not asked for all the time");
        let somebody = |user: &str| Server {
            user: user.into(),
            ..Server::default()
        };
        rights.belong_to(&somebody("anna"));
        rights.keep(now, right(""), denied());
        rights.belong_to(&somebody("anna"));
        assert_eq!(rights.may(&right("")), Some(false), "the same after an outage");
        rights.belong_to(&somebody("ben"));
        assert_eq!(rights.may(&right("")), None);
    }
}
