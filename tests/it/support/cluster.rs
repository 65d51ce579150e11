//! A throw-away PostgreSQL server from local binaries: one a test process, and one for each test
//! that lets it fail. Knows no table.
//!
//! A shell watches over it: it stops the server and removes its files as soon as its standard
//! input ends, which happens however this process ends.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Does what it is told, a word a line, and answers each word once that is done. `$1` is the folder
/// of the server and its socket, `$2` has the binaries, and `$3` says how much memory it shares.
/// Signals from the terminal are left to the test process.
const SUPERVISOR: &str = r#"
trap '' INT TERM HUP
home=$1 bin=$2 shared=$3
cd "$home" || exit 1
create() { "$bin/initdb" -D data -U postgres -A trust -E UTF8 --locale=C --no-sync; }
start() {
  "$bin/pg_ctl" -D data -l log -w -o "-k $home -c listen_addresses= -c fsync=off \
    -c full_page_writes=off -c max_connections=300 -c shared_buffers=$shared" start
}
stop() { "$bin/pg_ctl" -D data -m immediate stop; }
signal() {
  main=$(head -n 1 data/postmaster.pid)
  kill "-$1" "$main" $(cat "/proc/$main/task/$main/children")
}
freeze() { signal STOP; }
thaw() { signal CONT; }
while read -r word; do
  if "$word" >>log 2>&1; then echo "$word"; else echo failed; fi
done
{ thaw; stop; } >/dev/null 2>&1
rm -rf "$home"/*
rmdir "$home" 2>/dev/null
"#;

/// A running server; it ends when this is dropped, and with the test process at the latest.
pub(crate) struct Cluster {
    socket_directory: PathBuf,
    supervisor: Child,
    answers: BufReader<ChildStdout>,
}

impl Cluster {
    /// Starts a server; none if this machine has no binaries for one.
    pub(crate) fn start(shared_buffers: &str) -> Option<Self> {
        Self::start_by(|shell| shell, shared_buffers)
    }

    /// The same, its shell run by what `outer` makes of it.
    pub(crate) fn start_by(
        outer: impl FnOnce(Command) -> Command,
        shared_buffers: &str,
    ) -> Option<Self> {
        let binaries = find_binaries()?;
        let home = tempfile::Builder::new().prefix("ocop-link-pg-").tempdir().expect("a folder");
        let home = home.keep();
        let mut command = shell_of_an_ordinary_user(&home)?;
        command.args(["-c", SUPERVISOR, "sh"]).args([&home, &binaries]).arg(shared_buffers);
        let mut supervisor = outer(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let answers = BufReader::new(supervisor.stdout.take().expect("piped"));
        let mut cluster = Self { socket_directory: home, supervisor, answers };
        cluster.tell("create");
        cluster.tell("start");
        Some(cluster)
    }

    /// The URL of its database `name`.
    pub(crate) fn url(&self, name: &str) -> String {
        let host = self.socket_directory.display();
        format!("postgres:///{name}?host={host}&user=postgres")
    }

    /// Has the shell do what `word` names, and waits until it is done.
    pub(crate) fn tell(&mut self, word: &str) {
        let input = self.supervisor.stdin.as_mut().expect("piped");
        writeln!(input, "{word}").expect("a shell that reads");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("an answer");
        let log = || std::fs::read_to_string(self.socket_directory.join("log")).unwrap_or_default();
        assert_eq!(answer.trim_end(), word, "PostgreSQL does not {word}: {}", log());
    }
}

/// The folder with `initdb` and `pg_ctl`: one of the path, or the newest that Debian installs.
fn find_binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    versions.sort();
    folders.extend(versions.into_iter().rev());
    let has = |folder: &Path, name: &str| folder.join(name).is_file();
    folders.into_iter().find(|folder| has(folder, "initdb") && has(folder, "pg_ctl"))
}

/// A client program, such as `psql`: of the server's folder, else of the path.
pub(crate) fn client_program(name: &str) -> PathBuf {
    let own = find_binaries().map(|folder| folder.join(name)).filter(|path| path.is_file());
    own.unwrap_or_else(|| name.into())
}

/// PostgreSQL refuses to run as root; then the shell, and `home` with it, is another user's.
fn shell_of_an_ordinary_user(home: &Path) -> Option<Command> {
    if std::fs::metadata(home).expect("the folder").uid() != 0 {
        return Some(Command::new("sh"));
    }
    let id = |user: &str, flag: &str| -> Option<u32> {
        let output = Command::new("id").args([flag, user]).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    let ids = |user: &&str| Some((id(user, "-u")?, id(user, "-g")?));
    let (user, group) = ["postgres", "nobody"].iter().find_map(ids)?;
    chown(home, Some(user), Some(group)).expect("root may");
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={user}"), format!("--regid={group}")]);
    command.args(["--clear-groups", "sh"]);
    Some(command)
}
