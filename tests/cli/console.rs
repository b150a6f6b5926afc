//! The console as an admin meets it: the real binary in a pseudo-terminal.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::servers::{PROGRAM, Servers, documents};

/// Nothing on the screen takes longer than this on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

const ROWS: u16 = 40;
const COLUMNS: u16 = 120;

struct Console {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    raw: Vec<u8>,
    _master: Box<dyn MasterPty + Send>,
}

impl Console {
    fn open(arguments: &[&str], secrets: &[(&str, &str)]) -> Self {
        let size = PtySize {
            rows: ROWS,
            cols: COLUMNS,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(PROGRAM);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        for (name, value) in secrets {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(count) = reader.read(&mut buffer) {
                if count == 0 || sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            keys: pair.master.take_writer().unwrap(),
            output,
            screen: vt100::Parser::new(ROWS.try_into().unwrap(), COLUMNS.try_into().unwrap(), 0),
            raw: Vec::new(),
            _master: pair.master,
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Waits until the screen fulfils `wanted`.
    fn until(&mut self, what: &str, wanted: impl Fn(&str) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !wanted(&self.text()) {
            let left = end.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => {
                    self.screen.process(&bytes);
                    self.raw.extend(bytes);
                }
                Err(why) => panic!("never saw {what} ({why}); the screen was:\n{}", self.text()),
            }
        }
    }

    /// Leaves the console; says whether the terminal was left as it was found.
    ///
    /// While a batch is on its way a dialog opens, which takes no key in its first moment: its first choice finishes
    /// the batch.
    fn left(mut self) -> bool {
        self.press("q");
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > end {
                self.child.kill().unwrap();
                panic!("it did not end; the screen was:\n{}", self.text());
            }
            if let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(500)) {
                self.screen.process(&bytes);
                self.raw.extend(bytes);
            }
            if self.text().contains("Quit") {
                // The program may have ended in this very moment.
                let _ = self.keys.write_all(b"\r");
            }
        };
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(500)) {
            self.raw.extend(bytes);
        }
        let text = String::from_utf8_lossy(&self.raw);
        let last = |code: &str| text.rfind(code);
        let main_screen = last("\x1b[?1049l") > last("\x1b[?1049h");
        status.success() && main_screen && last("\x1b[?25h") > last("\x1b[?25l")
    }
}

#[test]
fn the_embedded_sandbox_syncs_at_once_and_is_marked() {
    let mut console = Console::open(&["--sandbox"], &[]);
    console.until("the banner", |text| text.contains("SANDBOX"));
    console.until("linked people", |text| text.contains("1,500"));
    assert!(console.left(), "the terminal is left clean");
}

#[test]
fn a_conflict_decided_in_the_console_reaches_both_servers() {
    let servers = Servers::start(300);
    servers.syncdeck(&["sync"]);
    let listed = documents(&servers.syncdeck(&["conflicts", "list", "--json", "--field", "title"]));
    // The console lists the oldest first, and shows them in that order.
    let conflict = listed.last().unwrap().clone();
    let (config, state) = (servers.config(), servers.state());
    let (config, state) = (config.to_str().unwrap(), state.to_str().unwrap());
    let mut console = Console::open(&["--config", config, "--state", state], &servers.secrets());
    console.until("the overview", |text| {
        text.contains("Overview") && text.contains("IDLE")
    });
    console.press("2");
    let who = conflict["label"].as_str().unwrap().to_owned();
    console.until("the conflict", |text| text.contains(&who));
    console.press("\x1b[C");
    let id = conflict["dynamics_id"].as_str().unwrap().to_owned();
    let set = format!("{}s", conflict["entity"].as_str().unwrap());
    let end = Instant::now() + PATIENCE;
    let mut row = servers.row(&set, &id, "jobtitle");
    while row != conflict["marketo"] && Instant::now() < end {
        console.until("the console goes on", |_| true);
        row = servers.row(&set, &id, "jobtitle");
    }
    assert_eq!(row, conflict["marketo"], "Dynamics holds the chosen value");
    let person = servers.person(conflict["marketo_id"].as_i64().unwrap(), "title");
    assert_eq!(
        person, conflict["marketo"],
        "Marketo holds the chosen value"
    );
    assert!(console.left(), "the terminal is left clean");
}
