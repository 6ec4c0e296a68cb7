extension SimulatedStorage {
    /// Cuts the power: returns the disk as the next start finds it, and this object is dead.
    ///
    /// May be called again, also after a crash point has ended this life, to see other outcomes of the same moment.
    package func crash(seed: UInt64, _ model: CrashModel) -> SimulatedStorage {
        let state = self.state.withLock { state in
            state.isDead = true
            return state
        }
        let root = Seed(seed)
        var survival = Survival(model: model, seed: root, cut: state.disk.randomMoment(root.stream("moment")))
        let disk = state.disk.found(&survival)
        survival.faults[.powerCut] += 1
        return SimulatedStorage(
            State(
                disk: disk,
                capacitySectors: state.capacitySectors,
                faults: state.faults + survival.faults
            )
        )
    }

    /// Kills the process, as SIGKILL does: returns the same disk and page cache, and this object is dead.
    package func killProcess() -> SimulatedStorage {
        var next = self.state.withLock { state in
            state.isDead = true
            return State(disk: state.disk, capacitySectors: state.capacitySectors, faults: state.faults)
        }
        next.disk.closeAllHandles()
        next.faults[.processKill] += 1
        return SimulatedStorage(next)
    }

    /// An independent disk with the same files, page cache and unsynced changes; nothing is open on it and no fault was
    /// injected yet.
    package func clone() -> SimulatedStorage {
        var copy = self.state.withLock { State(disk: $0.disk, capacitySectors: $0.capacitySectors) }
        copy.disk.closeAllHandles()
        return SimulatedStorage(copy)
    }
}
