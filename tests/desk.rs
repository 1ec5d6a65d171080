//! A terminal without a terminal: what a test types goes into a session, what the session shows can be waited for.

use std::time::Duration;

use futures::channel::mpsc;
use quarterdeck::execute::session::terminal::{self, Local, Parted, Size, Start};
use quarterdeck::execute::session::{Inside, command};
use quarterdeck::model::Problem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::task::JoinHandle;

/// The longest that anything may take.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A session and the person at it.
pub struct Desk {
    keys: DuplexStream,
    screen: DuplexStream,
    sizes: mpsc::UnboundedSender<Size>,
    shown: String,
    session: JoinHandle<Result<Parted, Problem>>,
}

impl Desk {
    /// Opens a session at a terminal of this size. Must be called in a runtime.
    pub fn open(client: &kube::Client, inside: &Inside, start: Start, columns: u16, rows: u16) -> Self {
        let (keys, typed) = tokio::io::duplex(4096);
        let (written, screen) = tokio::io::duplex(4096);
        let (sizes, changes) = mpsc::unbounded();
        sizes.unbounded_send(Size { columns, rows }).unwrap();
        let (client, inside) = (client.clone(), inside.clone());
        let session = tokio::spawn(async move {
            let local = Local {
                keys: typed,
                screen: written,
                sizes: changes,
            };
            terminal::run(&client, &inside, &start, local).await
        });
        Self {
            keys,
            screen,
            sizes,
            shown: String::new(),
            session,
        }
    }

    /// A shell.
    pub fn shell(client: &kube::Client, inside: &Inside) -> Self {
        Self::open(client, inside, Start::Program(command::shell()), 80, 24)
    }

    pub async fn type_in(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).await.unwrap();
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        self.sizes.unbounded_send(Size { columns, rows }).unwrap();
    }

    /// Reads until this is shown after what was waited for before, and forgets what stood before it.
    pub async fn wait(&mut self, text: &str) -> String {
        let reading = async {
            let mut piece = vec![0; 4096];
            loop {
                if let Some(at) = self.shown.find(text) {
                    let rest = self.shown.split_off(at + text.len());
                    return Some(std::mem::replace(&mut self.shown, rest));
                }
                match self.screen.read(&mut piece).await.unwrap() {
                    0 => return None,
                    length => self.shown.push_str(&String::from_utf8_lossy(&piece[..length])),
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, reading).await;
        let found = found.unwrap_or_else(|_| panic!("waited in vain for {text:?}; shown: {:?}", self.shown));
        found.unwrap_or_else(|| panic!("the session ended before {text:?}; shown: {:?}", self.shown))
    }

    /// How the session ended, and all that was shown since the last wait.
    pub async fn end(mut self) -> (Result<Parted, Problem>, String) {
        let reading = async {
            let mut rest = Vec::new();
            self.screen.read_to_end(&mut rest).await.unwrap();
            self.shown.push_str(&String::from_utf8_lossy(&rest));
            self.session.await.unwrap()
        };
        let ended = tokio::time::timeout(PATIENCE, reading).await.expect("the session ends");
        (ended, self.shown)
    }
}
