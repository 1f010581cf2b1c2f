//! Files against a model, both ways of writing them.

use std::fs;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Append(usize),
    Truncate(usize),
    Allocate(usize),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => prop_oneof![1usize..200, 1usize..9000, Just(BLOCK), Just(WRITE_MAX + 5)].prop_map(Step::Append),
        1 => any::<usize>().prop_map(Step::Truncate),
        1 => (1usize..200_000).prop_map(Step::Allocate),
        1 => Just(Step::Reopen),
    ];
    proptest::collection::vec(step, 1..20)
}

fn log_files(dir: &Path, direct: bool) -> LogFiles {
    LogFiles { direct, spares: Arc::new(PrefilledFiles::open(dir, 0, 0).unwrap()) }
}

/// Where this directory's file system cannot, what is left to test is the other way.
fn ways(dir: &Path) -> Vec<bool> {
    let able = LogFiles::new(Arc::new(PrefilledFiles::open(dir, 0, 0).unwrap()), true).direct;
    if able { vec![false, true] } else { vec![false] }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_file_holds_what_was_written(steps in steps()) {
        let dir = tempfile::tempdir().unwrap();
        for direct in ways(dir.path()) {
            let files = log_files(dir.path(), direct);
            let path = dir.path().join(format!("{direct}"));
            // A used file: what it held behind the end does not matter, what it holds before it does.
            fs::write(&path, vec![0xee; 100_000]).unwrap();
            let mut handle = Arc::new(files.open(&path, Permission::ReadWrite).unwrap());
            let mut writer = files.new_writer(handle.clone()).unwrap();
            let (mut model, mut known): (Vec<u8>, u64) = (Vec::new(), 100_000);
            for (number, step) in steps.iter().enumerate() {
                match step {
                    Step::Append(len) => {
                        let bytes: Vec<u8> = (0..*len).map(|at| (at * 7 + number) as u8).collect();
                        writer.write_all(&bytes).unwrap();
                        model.extend(bytes);
                    }
                    Step::Truncate(at) => {
                        model.truncate(at % (model.len() + 1));
                        writer.truncate(model.len()).unwrap();
                    }
                    Step::Allocate(size) => {
                        let size_before = handle.file_size().unwrap();
                        writer.allocate(size_before.max(model.len()), *size).unwrap();
                    }
                    Step::Reopen => {
                        handle.sync().unwrap();
                        handle = Arc::new(files.open(&path, Permission::ReadWrite).unwrap());
                        writer = files.new_writer(handle.clone()).unwrap();
                        writer.seek(SeekFrom::Start(model.len() as u64)).unwrap();
                    }
                }
                let len = fs::metadata(&path).unwrap().len();
                prop_assert_eq!(handle.file_size().unwrap() as u64, len, "after step {}", number);
                known = match step {
                    Step::Truncate(_) => model.len() as u64,
                    Step::Allocate(size) => known.max(model.len() as u64) + *size as u64,
                    Step::Append(_) | Step::Reopen => known.max(model.len() as u64),
                };
                prop_assert_eq!(len, known, "after step {}", number);
                if direct && matches!(step, Step::Append(_)) {
                    let whole = fs::read(&path).unwrap();
                    let behind = whole.iter().skip(model.len()).take(model.len().next_multiple_of(BLOCK) - model.len());
                    prop_assert!(behind.clone().all(|byte| *byte == 0), "behind the end, after step {number}");
                }
                let mut found = vec![0; model.len()];
                files.new_reader(handle.clone()).unwrap().read_exact(&mut found).unwrap();
                prop_assert!(found == model, "after step {number}, direct {direct}");
            }
        }
    }
}

/// The flags that the kernel holds for a descriptor.
fn flags(file: &File) -> u32 {
    use std::os::fd::AsRawFd;
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", file.as_raw_fd())).unwrap();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
    u32::from_str_radix(flags.trim(), 8).unwrap()
}

#[test]
fn write_is_durable_or_known_not_to_be() {
    let dir = tempfile::tempdir().unwrap();
    for direct in ways(dir.path()) {
        let files = log_files(dir.path(), direct);
        let handle = Arc::new(files.create(dir.path().join(format!("{direct}"))).unwrap());
        assert!(handle.unsynced.load(Ordering::Acquire), "a new file");
        let mut writer = files.new_writer(handle.clone()).unwrap();
        let unsynced = |what: &mut dyn FnMut()| {
            handle.sync().unwrap();
            assert!(!handle.unsynced.load(Ordering::Acquire));
            what();
            handle.unsynced.load(Ordering::Acquire)
        };
        assert!(unsynced(&mut || writer.allocate(0, 10_000).unwrap()));
        let durable = writer.direct.as_ref().is_some_and(|file| flags(file) & OFlags::DSYNC.bits() != 0);
        assert_eq!(durable, direct);
        assert_eq!(unsynced(&mut || writer.write_all(b"entry").unwrap()), !durable);
        assert!(unsynced(&mut || writer.truncate(3).unwrap()));
    }
}

#[test]
fn a_log_file_begins_as_a_spare() {
    let dir = tempfile::tempdir().unwrap();
    let spares = Arc::new(PrefilledFiles::open(dir.path(), 20_000, 1).unwrap());
    spares.fill(|| true).unwrap();
    let files = LogFiles::new(spares, true);
    for (name, size) in [("1.rewrite", 0), ("1.raftlog", 20_480), ("2.raftlog", 0)] {
        assert_eq!(files.create(dir.path().join(name)).unwrap().file_size().unwrap(), size, "{name}");
    }
}

#[test]
fn a_log_file_begins_empty_if_its_spare_was_removed() {
    let dir = tempfile::tempdir().unwrap();
    let spares = Arc::new(PrefilledFiles::open(dir.path(), 20_000, 1).unwrap());
    spares.fill(|| true).unwrap();
    fs::remove_file(dir.path().join("0.spare")).unwrap();
    let file = LogFiles::new(spares, true).create(dir.path().join("1.raftlog")).unwrap();
    assert_eq!(file.file_size().unwrap(), 0);
}
