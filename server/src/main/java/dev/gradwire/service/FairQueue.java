package dev.gradwire.service;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * Calls that wait, so that each tenant gets the same time of the lanes, however much it asks for. Who has had the least
 * comes next; a tenant that comes back does not save up the time in which it wanted nothing (start-time fair queueing,
 * Goyal, Vin and Cheng 1996). Used under the lock of {@link Admission}.
 */
final class FairQueue {
    private static final class Line {
        private final SequencedSet<WaitingCall> calls = new LinkedHashSet<>();
        private long usedNanos;
        private int atWork;
    }

    private final Map<String, Line> lines = new HashMap<>();
    private long clockNanos;
    private int size;

    private Line line(String tenant) {
        Line line = lines.computeIfAbsent(tenant, _ -> new Line());
        if (line.calls.isEmpty() && line.atWork == 0) {
            line.usedNanos = Math.max(line.usedNanos, clockNanos);
        }
        return line;
    }

    void add(WaitingCall call) {
        line(call.tenant()).calls.add(call);
        size++;
    }

    /** @return false when it is not here any more */
    boolean remove(WaitingCall call) {
        Line line = lines.get(call.tenant());
        if (line == null || !line.calls.remove(call)) {
            return false;
        }
        size--;
        forgetIfIdle(call.tenant(), line);
        return true;
    }

    /** The call that comes next, null where none waits. */
    @Nullable
    WaitingCall poll() {
        Line next = null;
        for (Line line : lines.values()) {
            if (!line.calls.isEmpty() && (next == null || line.usedNanos < next.usedNanos)) {
                next = line;
            }
        }
        if (next == null) {
            return null;
        }
        clockNanos = Math.max(clockNanos, next.usedNanos);
        size--;
        return next.calls.removeFirst();
    }

    /** A call begins to work; what it will take is not known, so that the mean is put down for it. */
    void begin(WaitingCall call, long meanNanos) {
        Line line = line(call.tenant());
        line.atWork++;
        line.usedNanos += meanNanos;
    }

    /** It is done. */
    void end(WaitingCall call, long meanNanos, long workedNanos) {
        Line line = line(call.tenant());
        line.atWork--;
        line.usedNanos += workedNanos - meanNanos;
        forgetIfIdle(call.tenant(), line);
    }

    private void forgetIfIdle(String tenant, Line line) {
        if (line.calls.isEmpty() && line.atWork == 0) {
            clockNanos = lines.size() == 1 ? Math.max(clockNanos, line.usedNanos) : clockNanos;
            lines.remove(tenant);
        }
    }

    /** The last call of the longest line, if that is longer than this tenant's would be with one more; taken out. */
    @Nullable
    WaitingCall makeRoomFor(String tenant) {
        Line longest = null;
        for (Line line : lines.values()) {
            longest = longest == null || line.calls.size() > longest.calls.size() ? line : longest;
        }
        if (longest == null || longest.calls.size() <= waiting(tenant) + 1) {
            return null;
        }
        size--;
        return longest.calls.removeLast();
    }

    /** How many would come before one more of this tenant's, at the most. */
    int before(String tenant) {
        int own = waiting(tenant);
        int before = own;
        for (Map.Entry<String, Line> entry : lines.entrySet()) {
            before += entry.getKey().equals(tenant)
                    ? 0
                    : Math.min(entry.getValue().calls.size(), own + 1);
        }
        return before;
    }

    private int waiting(String tenant) {
        Line line = lines.get(tenant);
        return line == null ? 0 : line.calls.size();
    }

    int size() {
        return size;
    }
}
