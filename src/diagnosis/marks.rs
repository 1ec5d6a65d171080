//! Pods by what one looks for them by (a label, a claim, an owner), without looking at each of them.

use crate::model::{Labels, Object, Uid, UidMap};

/// Pods by namespace, each with its [`Marks`].
#[derive(Debug, Default)]
pub struct Marked {
    /// By an identity made of the namespace's name.
    spaces: UidMap<Vec<(Uid, Marks)>>,
    /// In which of them a pod is, and where there.
    places: UidMap<(Uid, usize)>,
}

/// What a pod has, two bits for each thing. Where the bits of what is looked for are all set, the pod may have it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks(u64);

impl Marks {
    fn of(pod: &Object) -> Self {
        let mut marks = Self::labels(&pod.meta.labels);
        if let Some(body) = pod.body.pod() {
            for claim in &body.claims {
                marks.0 |= Self::claim(claim).0;
            }
        }
        if let Some(owner) = pod.meta.owner.as_deref() {
            marks.0 |= Self::owner(owner.uid).0;
        }
        marks
    }

    /// All of these labels.
    pub fn labels(labels: &Labels) -> Self {
        let each = labels
            .iter()
            .map(|(key, value)| Self::thing([key.as_bytes(), b"=", value.as_bytes()]));
        Self(each.fold(0, |all, one| all | one.0))
    }

    /// A volume claim.
    pub fn claim(name: &str) -> Self {
        Self::thing([b"", b"claim ", name.as_bytes()])
    }

    /// An owner.
    pub fn owner(uid: Uid) -> Self {
        Self::thing([b"", b"owner ", &uid.0.to_le_bytes()])
    }

    /// FNV-1a, cheap and the same for the same bytes; stirred once more, since its last bytes hardly reach its high bits.
    fn thing(parts: [&[u8]; 3]) -> Self {
        let bytes = parts.into_iter().flatten();
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let hash = (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self(1 << (hash >> 58) | 1 << (hash >> 52 & 63))
    }

    fn include(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl Marked {
    /// A pod as it is now; `None`: it is gone.
    pub fn put(&mut self, uid: Uid, pod: Option<&Object>) {
        let space = pod.map(|pod| (Uid::of(&pod.meta.namespace), Marks::of(pod)));
        if let (Some((space, marks)), Some((before, at))) = (space, self.places.get(&uid))
            && space == *before
            && let Some(entry) = self.spaces.get_mut(&space).and_then(|pods| pods.get_mut(*at))
        {
            entry.1 = marks;
            return;
        }
        self.remove(uid);
        if let Some((space, marks)) = space {
            let pods = self.spaces.entry(space).or_default();
            self.places.insert(uid, (space, pods.len()));
            pods.push((uid, marks));
        }
    }

    fn remove(&mut self, uid: Uid) {
        let Some((space, at)) = self.places.remove(&uid) else { return };
        let Some(pods) = self.spaces.get_mut(&space).filter(|pods| at < pods.len()) else {
            return;
        };
        pods.swap_remove(at);
        // The last one has come into its place.
        if let Some((moved, _)) = pods.get(at) {
            self.places.insert(*moved, (space, at));
        }
        if pods.is_empty() {
            self.spaces.remove(&space);
        }
    }

    /// The pods of a namespace that may have all of this.
    pub fn maybe(&self, namespace: &str, marks: Marks) -> impl Iterator<Item = Uid> {
        let pods = self.spaces.get(&Uid::of(namespace)).into_iter().flatten();
        pods.filter(move |(_, has)| has.include(marks)).map(|(uid, _)| *uid)
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.spaces.clear();
        self.places.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::samples::{labels, pod, with_pod};

    #[test]
    fn pods_are_found_by_what_they_have_and_by_nothing_else() {
        let mut marked = Marked::default();
        for n in 0..200 {
            let mut pod = with_pod(pod(&format!("p{n}")), |pod| pod.claims = [format!("data-{n}").into()].into());
            pod.meta.uid = Uid(n + 1);
            pod.meta.labels = labels(&[("app", &format!("app-{}", n % 20)), ("tier", "web")]);
            marked.put(pod.meta.uid, Some(&pod));
        }
        let by_label = |marked: &Marked, app: &str| marked.maybe("solia", Marks::labels(&labels(&[("app", app)]))).count();
        assert!((10..100).contains(&by_label(&marked, "app-7")), "all ten, and not many more");
        assert!(marked.maybe("solia", Marks::claim("data-3")).any(|uid| uid == Uid(4)));
        assert!(marked.maybe("solia", Marks::claim("data-3")).count() < 50);
        assert_eq!(marked.maybe("solia", Marks::default()).count(), 200);
        assert_eq!(marked.maybe("lab", Marks::default()).count(), 0);
        for n in (0..200).step_by(2) {
            marked.put(Uid(n + 1), None);
        }
        let mut left: Vec<u128> = marked.maybe("solia", Marks::default()).map(|uid| uid.0).collect();
        left.sort_unstable();
        assert_eq!(left, (1..200).step_by(2).map(|n| n + 1).collect::<Vec<_>>());
        // One moves to another namespace.
        let mut moved = pod("p1");
        (moved.meta.uid, moved.meta.namespace) = (Uid(2), "lab".into());
        marked.put(Uid(2), Some(&moved));
        assert_eq!(marked.maybe("solia", Marks::default()).count(), 99);
        assert_eq!(marked.maybe("lab", Marks::default()).collect::<Vec<_>>(), [Uid(2)]);
        for n in 0..200 {
            marked.put(Uid(n + 1), None);
        }
        assert!(marked.spaces.is_empty() && marked.places.is_empty());
    }
}
