//! Copies of files and debug containers, from what is selected.

use crate::action::{Copy, CopyPath, Debug, Ref, Verb, Word};
use crate::model::{Known, ObjectRef};

/// The pod that a copy is with, in its own namespace or this one.
///
/// # Errors
/// Both paths are here, or something is still to be filled in.
pub fn pod(copy: &Copy, namespace: &str) -> Result<ObjectRef, String> {
    let ((CopyPath::Pod { namespace: own, pod, .. }, _) | (_, CopyPath::Pod { namespace: own, pod, .. })) = (&copy.from, &copy.to) else {
        return Err("one of the two paths is in a pod, as in pod:path".into());
    };
    let open = || "a name is still to be filled in".to_owned();
    let namespace = match own {
        Some(own) => own.plain().ok_or_else(open)?,
        None => namespace,
    };
    Ok(ObjectRef {
        kind: Known::Pod.into(),
        namespace: namespace.into(),
        name: pod.plain().ok_or_else(open)?.into(),
    })
}

/// `copy-out REMOTE [LOCAL]`: here, where no place is named.
pub fn out(pod: &ObjectRef, container: Option<&str>, remote: &str, local: &str) -> Verb {
    Verb::Cp(Copy {
        from: inside(pod, remote),
        to: CopyPath::Local(Word::from(local)),
        ..plain(container)
    })
}

/// `copy-in LOCAL REMOTE`.
pub fn into(pod: &ObjectRef, container: Option<&str>, local: &str, remote: &str) -> Verb {
    Verb::Cp(Copy {
        from: CopyPath::Local(Word::from(local)),
        to: inside(pod, remote),
        ..plain(container)
    })
}

fn plain(container: Option<&str>) -> Copy {
    Copy {
        from: CopyPath::Local(Word::from("")),
        to: CopyPath::Local(Word::from("")),
        container: container.map(Word::from),
        no_preserve: false,
        retries: None,
    }
}

fn inside(pod: &ObjectRef, path: &str) -> CopyPath {
    CopyPath::Pod {
        namespace: None,
        pod: Word::from(&*pod.name),
        path: Word::from(path),
    }
}

/// `debug IMAGE`: a container with tools beside the others, and this terminal at it.
pub fn debug(pod: &ObjectRef, target: Option<&str>, image: &str) -> Verb {
    Verb::Debug(Debug {
        image: Some(Word::from(image)),
        target: target.map(Word::from),
        stdin: true,
        tty: true,
        ..Debug::of(Ref::pod(&*pod.name))
    })
}
