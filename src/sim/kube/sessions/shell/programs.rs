//! The programs of a small container: of its files, its processes and itself.

use jiff::SignedDuration;

use super::{Output, Shell, archive, net, text};
use crate::sim::physics;
use crate::sim::world::World;

const BUILT_IN: &[&str] = &[
    "cd", "exit", "export", "unset", "set", "alias", "type", ":", "exec", "command", "source", ".",
];

/// What `ls /bin` shows.
const PROGRAMS: &[&str] = &[
    "[",
    "basename",
    "cat",
    "date",
    "df",
    "dirname",
    "echo",
    "env",
    "false",
    "free",
    "getent",
    "grep",
    "head",
    "hostname",
    "id",
    "kill",
    "ls",
    "nc",
    "nproc",
    "nslookup",
    "pg_isready",
    "printenv",
    "printf",
    "ps",
    "pwd",
    "rm",
    "sh",
    "sleep",
    "sort",
    "stty",
    "tail",
    "tar",
    "test",
    "touch",
    "tr",
    "true",
    "tty",
    "uname",
    "uniq",
    "uptime",
    "wc",
    "wget",
    "which",
    "whoami",
];

/// Whether only a shell knows it.
pub fn is_built_in(program: &str) -> bool {
    BUILT_IN.contains(&program)
}

/// Runs a program. `None`: there is none of this name.
pub fn run(shell: &mut Shell, world: &World, words: &[String], stdin: &[u8], depth: usize) -> Option<Output> {
    let (program, arguments) = words.split_first()?;
    let directories = ["/bin/", "/usr/bin/", "/usr/local/bin/", "/sbin/", "/usr/sbin/"];
    let name = directories.iter().find_map(|d| program.strip_prefix(d)).unwrap_or(program);
    Some(match name {
        ":" | "true" | "alias" | "set" | "kill" => Output::default(),
        "false" => Output::fails(1, ""),
        "cd" => change_directory(shell, arguments),
        "exit" => {
            shell.over = true;
            let code = arguments.first().and_then(|c| c.parse::<i32>().ok()).unwrap_or(shell.last);
            Output::fails(code & 0xff, "")
        }
        "export" => {
            for (name, value) in arguments.iter().filter_map(|a| a.split_once('=')) {
                shell.place.env.insert(name.to_owned(), value.to_owned());
            }
            Output::default()
        }
        "unset" => {
            for name in arguments {
                shell.place.env.remove(name);
            }
            Output::default()
        }
        "echo" => echo(arguments),
        "printf" => Output::says(arguments.first().map(|f| escapes(f)).unwrap_or_default()),
        "pwd" => Output::says(format!("{}\n", shell.place.cwd)),
        "env" | "printenv" => environment(shell, world, name, arguments, stdin, depth)?,
        "hostname" => Output::says(format!(
            "{}\n",
            if arguments.iter().any(|a| a == "-i") {
                &shell.place.ip
            } else {
                &shell.place.pod
            }
        )),
        "whoami" => Output::says(format!("{}\n", user(shell).1)),
        "id" => {
            let (number, user) = user(shell);
            Output::says(match arguments.first().map(String::as_str) {
                Some("-u") => format!("{number}\n"),
                Some("-un") => format!("{user}\n"),
                _ => format!("uid={number}({user}) gid={number}({user}) groups={number}({user})\n"),
            })
        }
        "date" => date(world, arguments),
        "uname" => uname(shell, arguments),
        "uptime" => {
            let time = world.now().strftime("%H:%M:%S");
            Output::says(format!(" {time} up 31 days,  4:12,  load average: 0.42, 0.38, 0.35\n"))
        }
        "nproc" => Output::says("2\n"),
        "ls" => list(shell, arguments),
        "cat" => cat(shell, arguments, stdin),
        "ps" => processes(shell),
        "df" => disks(shell, arguments),
        "free" => memory(shell, world),
        "sleep" => {
            let seconds = arguments
                .first()
                .and_then(|a| a.trim_end_matches('s').parse::<f64>().ok())
                .unwrap_or(0.0);
            Output {
                takes: SignedDuration::try_from_secs_f64(seconds.clamp(0.0, 86_400.0)).unwrap_or_default(),
                ..Output::default()
            }
        }
        "touch" | "rm" => {
            for path in arguments.iter().filter(|a| !a.starts_with('-')) {
                let path = shell.place.absolute(path);
                if name == "touch" {
                    shell.place.files.entry(path).or_default();
                } else if shell.place.files.remove(&path).is_none() && !arguments.iter().any(|a| a.starts_with('-') && a.contains('f')) {
                    return Some(Output::fails(1, format!("rm: can't remove '{path}': No such file or directory\n")));
                }
            }
            Output::default()
        }
        "test" | "[" => test(shell, arguments),
        "tar" => archive::run(shell, arguments, stdin),
        "tty" => match shell.terminal {
            Some(_) => Output::says("/dev/pts/0\n"),
            None => Output {
                code: 1,
                ..Output::says("not a tty\n")
            },
        },
        "stty" => match (shell.terminal, arguments) {
            (Some((rows, columns)), [size]) if size == "size" => Output::says(format!("{rows} {columns}\n")),
            (Some(_), _) => Output::default(),
            (None, _) => Output::fails(1, "stty: standard input: Not a tty\n"),
        },
        "command" => match arguments {
            [flag, program] if flag == "-v" && PROGRAMS.contains(&program.as_str()) => Output::says(format!("/usr/bin/{program}\n")),
            _ => Output::fails(127, ""),
        },
        "which" | "type" => {
            let found: Vec<&String> = arguments.iter().filter(|a| PROGRAMS.contains(&a.as_str())).collect();
            let told: String = found.iter().map(|p| format!("/usr/bin/{p}\n")).collect();
            Output {
                code: i32::from(found.len() < arguments.len()),
                ..Output::says(told)
            }
        }
        "basename" => Output::says(format!(
            "{}\n",
            arguments.first().and_then(|a| a.rsplit('/').next()).unwrap_or_default()
        )),
        "dirname" => Output::says(format!(
            "{}\n",
            arguments.first().and_then(|a| a.rsplit_once('/')).map_or(".", |(d, _)| d)
        )),
        "node" if shell.place.is("backend") || shell.place.is("frontend") => match arguments.first().map(String::as_str) {
            Some("-v" | "--version") => Output::says("v22.20.0\n"),
            _ => Output::fails(1, "node: only `node --version` works in the simulated platform\n"),
        },
        "grep" | "head" | "tail" | "wc" | "sort" | "uniq" | "tr" | "tee" => text::run(shell, name, arguments, stdin),
        "pg_isready" | "nc" | "nslookup" | "getent" | "wget" | "curl" | "ping" | "redis-cli" => net::run(shell, world, name, arguments)?,
        _ => return None,
    })
}

fn user(shell: &Shell) -> (u32, &'static str) {
    if shell.place.is("backend") || shell.place.is("frontend") {
        (1000, "node")
    } else {
        (0, "root")
    }
}

fn change_directory(shell: &mut Shell, arguments: &[String]) -> Output {
    let home = shell.place.env.get("HOME").cloned().unwrap_or_default();
    let wanted = arguments.first().map_or(home, Clone::clone);
    let path = shell.place.absolute(&wanted);
    if shell.place.directory(&path).is_none() {
        return Output::fails(1, format!("sh: cd: can't cd to {wanted}: No such file or directory\n"));
    }
    shell.place.cwd = path;
    Output::default()
}

fn escapes(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\t", "\t")
}

fn echo(arguments: &[String]) -> Output {
    let count = arguments
        .iter()
        .take_while(|a| matches!(a.as_str(), "-n" | "-e" | "-ne" | "-en"))
        .count();
    let (flags, words) = arguments.split_at(count);
    let text = words.join(" ");
    let text = if flags.iter().any(|f| f.contains('e')) {
        escapes(&text)
    } else {
        text
    };
    Output::says(if flags.iter().any(|f| f.contains('n')) {
        text
    } else {
        format!("{text}\n")
    })
}

fn environment(shell: &mut Shell, world: &World, name: &str, arguments: &[String], stdin: &[u8], depth: usize) -> Option<Output> {
    if name == "printenv" && !arguments.is_empty() {
        let found: Vec<&String> = arguments.iter().filter_map(|a| shell.place.env.get(a)).collect();
        let told: String = found.iter().map(|v| format!("{v}\n")).collect();
        return Some(Output {
            code: i32::from(found.len() < arguments.len()),
            ..Output::says(told)
        });
    }
    let kept = shell.place.env.clone();
    let count = arguments.iter().take_while(|a| a.contains('=')).count();
    let (assignments, command) = arguments.split_at(count);
    for (name, value) in assignments.iter().filter_map(|a| a.split_once('=')) {
        shell.place.env.insert(name.to_owned(), value.to_owned());
    }
    let output = if command.is_empty() {
        let told: String = shell.place.env.iter().map(|(k, v)| format!("{k}={v}\n")).collect();
        Some(Output::says(told))
    } else if depth < super::DEEPEST {
        run(shell, world, command, stdin, depth + 1)
    } else {
        None
    };
    shell.place.env = kept;
    output
}

fn date(world: &World, arguments: &[String]) -> Output {
    let format = arguments.iter().find_map(|a| a.strip_prefix('+'));
    let now = world.now();
    let told = match format {
        Some("%s") => now.as_second().to_string(),
        Some(format) => {
            let mut told = String::new();
            match jiff::fmt::strtime::BrokenDownTime::from(&now.to_zoned(jiff::tz::TimeZone::UTC)).format(format, &mut told) {
                Ok(()) => told,
                Err(_) => return Output::fails(1, format!("date: invalid date format '{format}'\n")),
            }
        }
        None if arguments.iter().any(|a| a.starts_with("-I")) => now.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
        None => now.strftime("%a %b %e %H:%M:%S UTC %Y").to_string(),
    };
    Output::says(format!("{told}\n"))
}

fn uname(shell: &Shell, arguments: &[String]) -> Output {
    let kernel = "6.1.155-176.282.amzn2023.x86_64";
    Output::says(match arguments.first().map(String::as_str) {
        Some("-a") => format!("Linux {} {kernel} #1 SMP PREEMPT_DYNAMIC x86_64 Linux\n", shell.place.pod),
        Some("-r") => format!("{kernel}\n"),
        Some("-n") => format!("{}\n", shell.place.pod),
        Some("-m") => "x86_64\n".to_owned(),
        _ => "Linux\n".to_owned(),
    })
}

fn list(shell: &Shell, arguments: &[String]) -> Output {
    let flags: String = arguments.iter().filter(|a| a.starts_with('-')).cloned().collect();
    let (long, all) = (flags.contains('l'), flags.contains('a') || flags.contains('A'));
    let mut paths: Vec<&str> = arguments.iter().filter(|a| !a.starts_with('-')).map(String::as_str).collect();
    if paths.is_empty() {
        paths.push(".");
    }
    let mut output = Output::default();
    for path in &paths {
        let full = shell.place.absolute(path);
        let (names, base): (Vec<String>, String) = if shell.place.files.contains_key(&full) && !full.ends_with("/.keep") {
            (vec![(*path).to_owned()], String::new())
        } else if matches!(full.as_str(), "/bin" | "/usr/bin") {
            (PROGRAMS.iter().map(|p| (*p).to_owned()).collect(), full.clone())
        } else if let Some(names) = shell.place.directory(&full) {
            (names, full.clone())
        } else {
            output
                .stderr
                .extend(format!("ls: {path}: No such file or directory\n").into_bytes());
            output.code = 1;
            continue;
        };
        if paths.len() > 1 {
            output.stdout.extend(format!("{path}:\n").into_bytes());
        }
        for name in names
            .iter()
            .filter(|n| *n != ".keep" && (all || base.is_empty() || !n.starts_with('.')))
        {
            let plain = name.trim_end_matches('/');
            if !long {
                output.stdout.extend(format!("{plain}\n").into_bytes());
                continue;
            }
            let size = shell
                .place
                .files
                .get(&format!("{}/{plain}", base.trim_end_matches('/')))
                .map_or(4096, Vec::len);
            let mode = if name.ends_with('/') { "drwxr-xr-x" } else { "-rw-r--r--" };
            output
                .stdout
                .extend(format!("{mode}    1 root     root     {size:>9} Jan  1 00:00 {plain}\n").into_bytes());
        }
    }
    output
}

fn cat(shell: &Shell, arguments: &[String], stdin: &[u8]) -> Output {
    let mut output = Output::default();
    let files: Vec<&String> = arguments.iter().filter(|a| *a == "-" || !a.starts_with('-')).collect();
    if files.is_empty() {
        return Output::says(stdin);
    }
    for path in files {
        let full = shell.place.absolute(path);
        let why = match shell.place.files.get(&full) {
            Some(content) => {
                output.stdout.extend(content);
                continue;
            }
            None if path == "-" => {
                output.stdout.extend(stdin);
                continue;
            }
            None if shell.place.directory(&full).is_some() => "read error: Is a directory",
            None => "No such file or directory",
        };
        output.stderr.extend(format!("cat: can't open '{path}': {why}\n").into_bytes());
        output.code = 1;
    }
    output
}

fn processes(shell: &Shell) -> Output {
    let user = user(shell).1;
    let mut told = String::from("PID   USER     TIME  COMMAND\n");
    told.push_str(&format!("    1 {user:<8}  2:14 {}\n", shell.place.command()));
    if shell.place.is("postgres") {
        for (pid, name) in [
            (27, "checkpointer"),
            (28, "background writer"),
            (30, "walwriter"),
            (31, "autovacuum launcher"),
        ] {
            told.push_str(&format!("{pid:>5} {user:<8}  0:01 postgres: {name}\n"));
        }
    }
    told.push_str(&format!("   73 {user:<8}  0:00 ps\n"));
    Output::says(told)
}

fn disks(shell: &Shell, arguments: &[String]) -> Output {
    let human = arguments.iter().any(|a| a.starts_with('-') && a.contains('h'));
    let volumes = shell.place.files.keys().filter_map(|f| f.strip_suffix("/.keep"));
    let mounts = std::iter::once("/").chain(volumes.filter(|v| *v != "/tmp"));
    let mut told = String::from(if human {
        "Filesystem                Size      Used Available Use% Mounted on\n"
    } else {
        "Filesystem           1K-blocks      Used Available Use% Mounted on\n"
    });
    for (index, mount) in mounts.enumerate() {
        let (device, size, used) = if index == 0 {
            ("overlay", 83_873_772_u64, 9_437_184_u64)
        } else {
            ("/dev/nvme1n1", 20_961_280, 3_145_728)
        };
        let free = size - used;
        let percent = used * 100 / size;
        let amount = |kb: u64| {
            if human {
                format!("{:.1}G", kb as f64 / 1_048_576.0)
            } else {
                kb.to_string()
            }
        };
        told.push_str(&format!(
            "{device:<20} {:>9} {:>9} {:>9} {percent:>3}% {mount}\n",
            amount(size),
            amount(used),
            amount(free)
        ));
    }
    Output::says(told)
}

fn memory(shell: &Shell, world: &World) -> Output {
    let pod = world.store.get("pods", &shell.place.namespace, &shell.place.pod);
    let used = pod.map_or(0, |pod| physics::usage(world, pod).memory_bytes) / 1024;
    let total = 7_944_508_u64;
    let free = total.saturating_sub(used);
    Output::says(format!(
        "              total        used        free      shared  buff/cache   available\nMem:        {total:>7}     {used:>7}     {free:>7}           0           0     {free:>7}\nSwap:             0           0           0\n"
    ))
}

fn test(shell: &Shell, arguments: &[String]) -> Output {
    let words: Vec<&str> = arguments.iter().map(String::as_str).filter(|w| *w != "]").collect();
    let exists = |path: &str| {
        let path = shell.place.absolute(path);
        (shell.place.files.contains_key(&path), shell.place.directory(&path).is_some())
    };
    let holds = match words.as_slice() {
        ["-n", text] => !text.is_empty(),
        ["-z", text] => text.is_empty(),
        ["-f", path] => exists(path).0,
        ["-d", path] => exists(path).1,
        ["-e", path] => exists(path) != (false, false),
        [a, "=" | "==", b] => a == b,
        [a, "!=", b] => a != b,
        [text] => !text.is_empty(),
        _ => false,
    };
    Output {
        code: i32::from(!holds),
        ..Output::default()
    }
}
