"""The operator behind a fault proxy: killed at every write, refused, cut off, shown the past.

A workload (faults.workloads) is a script of what users do and the kubelet reports. It is played three times
without a fault: what the operator writes and sees then, and which fields are chance, is its reference. The
plans (faults.plans) follow from that, one fault each. A plan passes when the end state, and how often each
object was made and deleted, are those of the reference, nothing is written any more, and the oracles
(faults.oracles) have nothing to say.

To add a workload: see faults.workloads. To add a fault: a subclass of faults.fault.Fault, and a line in
faults.plans. `make test-faults PLAN=job-succeeds/kill-after/3` replays one plan; its files, the operator's
log among them, lie under .build/faults/runs.
"""
