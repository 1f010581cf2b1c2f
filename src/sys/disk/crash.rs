//! What a directory can look like after a loss of power, from a recording of all changes that were asked of it.
//!
//! The model is the weakest that POSIX allows:
//! - What a finished sync of a file covers is there. Of the rest any part may be, in any order; of a write any of its sectors.
//! - A name is there as the last finished sync of the directory left it. Of creations, renames and removals since, any may be missing; a
//!   rename is one change.
//! - Nothing else is written: a sector holds what was asked for, or what it held before.
//!
//! What raft-engine does past our files, and is not seen: it syncs the directory when it has begun a log file, before it writes a record
//! there (`rotate_imp`). Its first file is ours to sync.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;

use super::Reach;

/// A disk writes so many bytes at once or not at all.
const SECTOR: usize = 512;

/// Names and contents of a directory's files.
pub type Files = BTreeMap<String, Vec<u8>>;

#[derive(Clone, Debug)]
enum Change {
    Write {
        file: usize,
        at: usize,
        bytes: Vec<u8>,
    },
    SetLen {
        file: usize,
        len: usize,
    },
    /// Of names: this one goes, if it is this file's, and that one is this file's from now on.
    Names {
        file: usize,
        gone: Option<String>,
        there: Option<String>,
    },
}

#[derive(Clone, Debug)]
enum Step {
    Change(Change),
    /// The change at this step is durable.
    Durable(usize),
    /// What was asked of this file before that step is durable.
    Synced(usize, usize),
    /// The names, as they were at that step, are durable.
    NamesSynced(usize),
    /// The test's word.
    Mark(u64),
}

#[derive(Debug, Default)]
struct Recording {
    base: Vec<Vec<u8>>,
    base_names: BTreeMap<String, usize>,
    steps: Vec<Step>,
    files: usize,
    by_id: BTreeMap<(u64, u64), usize>,
    names: BTreeMap<String, usize>,
}

static RECORDINGS: LazyLock<Mutex<Vec<Recorder>>> = LazyLock::new(Mutex::default);

/// Records what is done in one directory until it is dropped.
#[derive(Clone)]
pub struct Recorder {
    dir: PathBuf,
    recording: Arc<Mutex<Recording>>,
}

/// Ends the recording of a directory.
pub struct Recorded(pub Recorder);

impl Drop for Recorded {
    fn drop(&mut self) {
        RECORDINGS.lock().retain(|other| other.dir != self.0.dir);
    }
}

impl Recorder {
    /// Begins with the files that are there: durable, all of them.
    pub fn begin(dir: &Path) -> Recorded {
        let mut recording = Recording::default();
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            recording.by_id.insert(id_of(&File::open(&path).unwrap()), recording.files);
            recording.names.insert(name, recording.files);
            recording.base.push(fs::read(&path).unwrap());
            recording.files += 1;
        }
        recording.base_names = recording.names.clone();
        let recorder = Self { dir: dir.into(), recording: Arc::new(Mutex::new(recording)) };
        RECORDINGS.lock().push(recorder.clone());
        Recorded(recorder)
    }

    /// Notes the test's word at this place.
    pub fn mark(&self, mark: u64) {
        self.recording.lock().steps.push(Step::Mark(mark));
    }

    /// How many steps there are.
    pub fn steps(&self) -> usize {
        self.recording.lock().steps.len()
    }

    /// The marks before step `at`.
    pub fn marks(&self, at: usize) -> Vec<u64> {
        let recording = self.recording.lock();
        recording
            .steps
            .iter()
            .take(at)
            .filter_map(|step| if let Step::Mark(mark) = step { Some(*mark) } else { None })
            .collect()
    }

    /// States that a loss of power may leave when `at` steps were asked for: those that lack most, those that lack one thing, torn writes, and
    /// so many at random.
    pub fn states(&self, at: usize, random: usize, seed: u64) -> Vec<Files> {
        let recording = self.recording.lock();
        let moment = recording.moment(at);
        let pending = &moment.pending;
        let mut seed = (seed ^ (at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)) | 1;
        let mut below = |bound: u64| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed >> 11) % bound
        };
        let all: Choice = pending.iter().map(|step| (*step, Kept::All)).collect();
        let is_name = |step: &usize| matches!(recording.steps[*step], Step::Change(Change::Names { .. }));
        let mut choices = vec![Choice::new(), all.clone()];
        for names in [true, false] {
            choices.push(all.clone().into_iter().filter(|(step, _)| is_name(step) == names).collect());
        }
        for step in pending {
            let mut but_one = all.clone();
            but_one.remove(step);
            choices.push(but_one);
            choices.push(Choice::from([(*step, Kept::All)]));
            choices.push(all.range(..=*step).map(|(step, kept)| (*step, *kept)).collect());
            for torn in recording.torn(*step) {
                for mut choice in [all.clone(), Choice::new()] {
                    choice.insert(*step, torn);
                    choices.push(choice);
                }
            }
        }
        for _ in 0..if pending.len() > 1 { random } else { 0 } {
            let kept = pending.iter().filter_map(|step| match below(4) {
                0 => None,
                1 => Some((*step, Kept::Sectors(below(u64::MAX)))),
                _ => Some((*step, Kept::All)),
            });
            choices.push(kept.collect());
        }
        let states: BTreeSet<Files> = choices.iter().map(|choice| recording.state(&moment, choice)).collect();
        states.into_iter().collect()
    }

    /// The one that lacks all that is not durable.
    pub fn durable(&self) -> Files {
        let recording = self.recording.lock();
        recording.state(&recording.moment(recording.steps.len()), &Choice::new())
    }
}

/// What is left of the changes that were not durable, by their steps.
type Choice = BTreeMap<usize, Kept>;

/// How much is left of a change that was not durable.
#[derive(Clone, Copy, Debug)]
enum Kept {
    All,
    /// Of a write, the sectors whose bits are set, 64 of them, and again.
    Sectors(u64),
    /// Of a write, so many sectors from its start.
    First(usize),
    /// Of a write, all but so many from its start.
    AllBut(usize),
}

impl Kept {
    fn has(self, sector: usize) -> bool {
        match self {
            Self::All => true,
            Self::Sectors(bits) => bits >> (sector % 64) & 1 == 1,
            Self::First(count) => sector < count,
            Self::AllBut(count) => sector >= count,
        }
    }
}

/// A place in a recording.
struct Moment {
    at: usize,
    /// Changes that are not durable.
    pending: Vec<usize>,
    /// Where the first of them is.
    from: usize,
    /// Contents and names there.
    contents: Vec<Vec<u8>>,
    names: BTreeMap<String, usize>,
}

impl Recording {
    fn moment(&self, at: usize) -> Moment {
        let mut is_durable = vec![false; at];
        for step in self.steps.iter().take(at) {
            let (before, synced) = match step {
                Step::Durable(step) => {
                    is_durable[*step] = true;
                    continue;
                }
                Step::Synced(file, before) => (*before, Some(*file)),
                Step::NamesSynced(before) => (*before, None),
                Step::Change(_) | Step::Mark(_) => continue,
            };
            for (step, is_durable) in self.steps.iter().take(before).zip(&mut is_durable) {
                let of = match step {
                    Step::Change(Change::Write { file, .. } | Change::SetLen { file, .. }) => Some(*file),
                    Step::Change(Change::Names { .. }) => None,
                    _ => continue,
                };
                *is_durable |= of == synced;
            }
        }
        let is_change = |step: &usize| matches!(self.steps[*step], Step::Change(_));
        let pending: Vec<usize> = (0..at).filter(is_change).filter(|step| !is_durable[*step]).collect();
        let from = pending.first().copied().unwrap_or(at);
        let (mut contents, mut names) = (self.base.clone(), self.base_names.clone());
        contents.resize(self.files, Vec::new());
        for step in self.steps.iter().take(from) {
            apply(step, Kept::All, &mut contents, &mut names);
        }
        Moment { at, pending, from, contents, names }
    }

    /// The files at this moment, with what is durable and what `choice` names.
    fn state(&self, moment: &Moment, choice: &Choice) -> Files {
        let (mut contents, mut names) = (moment.contents.clone(), moment.names.clone());
        for number in moment.from..moment.at {
            let is_durable = moment.pending.binary_search(&number).is_err();
            if let Some(kept) = if is_durable { Some(Kept::All) } else { choice.get(&number).copied() } {
                apply(&self.steps[number], kept, &mut contents, &mut names);
            }
        }
        names.into_iter().map(|(name, file)| (name, contents[file].clone())).collect()
    }

    fn torn(&self, step: usize) -> Vec<Kept> {
        let Step::Change(Change::Write { at, bytes, .. }) = &self.steps[step] else { return Vec::new() };
        let sectors = (at + bytes.len()).div_ceil(SECTOR) - at / SECTOR;
        if sectors < 2 {
            return Vec::new();
        }
        let mut torn: Vec<Kept> = [1, sectors / 2, sectors - 1].into_iter().map(Kept::First).collect();
        torn.extend([Kept::AllBut(1), Kept::AllBut(sectors - 1), Kept::Sectors(0x5555_5555_5555_5555)]);
        torn
    }

    /// See the module's header: a record is about to be written to a file that was begun, and synced, by raft-engine.
    fn engine_has_synced_names(&mut self, file: usize) {
        let named = self.steps.iter().rposition(
            |step| matches!(step, Step::Change(Change::Names { file: of, there: Some(_), .. }) if *of == file),
        );
        let Some(named) = named else { return };
        let Step::Change(Change::Names { there: Some(name), .. }) = &self.steps[named] else { return };
        let number =
            ["raftlog", "rewrite"].iter().find_map(|suffix| name.strip_suffix(suffix)?.strip_suffix('.')?.parse().ok());
        if number.is_none_or(|number: u64| number < 2) {
            return;
        }
        let mut since = self.steps.iter().enumerate().skip(named);
        let synced = since.find_map(|(at, step)| matches!(step, Step::Synced(of, _) if *of == file).then_some(at));
        let is_known = self.steps.iter().any(|step| matches!(step, Step::NamesSynced(before) if *before > named));
        self.steps.extend(synced.filter(|_| !is_known).map(Step::NamesSynced));
    }

    fn change(&mut self, change: Change) {
        self.steps.push(Step::Change(change));
    }
}

fn apply(step: &Step, kept: Kept, contents: &mut [Vec<u8>], names: &mut BTreeMap<String, usize>) {
    match step {
        Step::Change(Change::Write { file, at, bytes }) => write(&mut contents[*file], *at, bytes, kept),
        Step::Change(Change::SetLen { file, len }) => contents[*file].resize(*len, 0),
        Step::Change(Change::Names { file, gone, there }) => {
            if let Some(gone) = gone
                && names.get(gone) == Some(file)
            {
                names.remove(gone);
            }
            names.extend(there.iter().map(|name| (name.clone(), *file)));
        }
        Step::Durable(_) | Step::Synced(..) | Step::NamesSynced(_) | Step::Mark(_) => {}
    }
}

fn write(content: &mut Vec<u8>, at: usize, bytes: &[u8], kept: Kept) {
    let first = at / SECTOR;
    for sector in first..(at + bytes.len()).div_ceil(SECTOR) {
        if !kept.has(sector - first) {
            continue;
        }
        let (from, to) = ((sector * SECTOR).max(at), ((sector + 1) * SECTOR).min(at + bytes.len()));
        if content.len() < to {
            content.resize(to, 0);
        }
        content[from..to].copy_from_slice(&bytes[from - at..to - at]);
    }
}

/// Puts these files into a new directory; in memory, where the machine has such a place.
pub fn put(files: &Files) -> tempfile::TempDir {
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    for (name, bytes) in files {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    dir
}

/// Stands for the contents.
pub fn hash_of(files: &Files) -> u64 {
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    hasher.finish()
}

fn of_dir<T>(dir: &Path, then: impl FnOnce(&mut Recording) -> T) -> Option<T> {
    let recorder = RECORDINGS.lock().iter().find(|recorder| recorder.dir == dir).cloned()?;
    Some(then(&mut recorder.recording.lock()))
}

fn of_path<T>(path: &Path, then: impl FnOnce(&mut Recording, String) -> T) -> Option<T> {
    let name = path.file_name()?.to_str()?.to_owned();
    of_dir(path.parent()?, |recording| then(recording, name))
}

fn of_file<T>(file: &File, then: impl FnOnce(&mut Recording, usize) -> T) -> Option<T> {
    let recorders = RECORDINGS.lock().clone();
    if recorders.is_empty() {
        return None;
    }
    let id = id_of(file);
    recorders
        .iter()
        .find_map(|recorder| {
            let recording = recorder.recording.lock();
            recording.by_id.get(&id).map(|file| (recorder, *file))
        })
        .map(|(recorder, file)| then(&mut recorder.recording.lock(), file))
}

fn id_of(file: &File) -> (u64, u64) {
    let of = file.metadata().unwrap();
    (of.dev(), of.ino())
}

/// A file was opened; it is a new one, if it has a name that was nobody's.
pub fn opened(path: &Path, file: &File) {
    of_path(path, |recording, name| {
        if recording.names.contains_key(&name) {
            return;
        }
        let number = recording.files;
        recording.files += 1;
        recording.by_id.insert(id_of(file), number);
        recording.names.insert(name.clone(), number);
        recording.change(Change::Names { file: number, gone: None, there: Some(name) });
    });
}

/// A write is asked for: its step.
pub fn writes(file: &File, bytes: &[u8], at: u64) -> Option<usize> {
    of_file(file, |recording, file| {
        recording.engine_has_synced_names(file);
        recording.change(Change::Write { file, at: at as usize, bytes: bytes.into() });
        recording.steps.len() - 1
    })
}

/// It has returned.
pub fn wrote(file: &File, write: Option<usize>, reach: Reach) {
    if let (Some(write), Reach::Durable) = (write, reach) {
        of_file(file, |recording, _| recording.steps.push(Step::Durable(write)));
    }
}

/// A file is to be cut or made longer.
pub fn sets_len(file: &File, len: u64) {
    of_file(file, |recording, file| recording.change(Change::SetLen { file, len: len as usize }));
}

/// A sync is asked for: how many steps there are.
pub fn syncs(file: &File) -> Option<usize> {
    of_file(file, |recording, _| recording.steps.len())
}

/// It has returned.
pub fn synced(file: &File, begun: Option<usize>) {
    of_file(file, |recording, file| recording.steps.extend(begun.map(|begun| Step::Synced(file, begun))));
}

/// A file is to have another name.
pub fn renames(from: &Path, to: &Path) {
    let Some(to) = to.file_name().and_then(|name| name.to_str()) else { return };
    of_path(from, |recording, from| {
        let Some(file) = recording.names.remove(&from) else { return };
        recording.names.insert(to.to_owned(), file);
        recording.change(Change::Names { file, gone: Some(from), there: Some(to.to_owned()) });
    });
}

/// A file is to go.
pub fn removes(path: &Path) {
    of_path(path, |recording, name| {
        let Some(file) = recording.names.remove(&name) else { return };
        recording.by_id.retain(|_, of| *of != file);
        recording.change(Change::Names { file, gone: Some(name), there: None });
    });
}

/// A sync of the names is asked for: how many steps there are.
pub fn syncs_dir(dir: &Path) -> Option<usize> {
    of_dir(dir, |recording| recording.steps.len())
}

/// It has returned.
pub fn synced_dir(dir: &Path, begun: Option<usize>) {
    of_dir(dir, |recording| recording.steps.extend(begun.map(Step::NamesSynced)));
}
