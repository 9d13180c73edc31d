package dev.gradwire.runtime;

import dev.gradwire.kernel.Backend;
import dev.gradwire.pass.Memory;
import dev.gradwire.pass.Plan;
import java.util.ArrayDeque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;

/**
 * Keeps frames, with their memory, for the next run of the same plan: those used last, up to a number of bytes. Safe for
 * use by many threads; a frame is one run's at a time.
 */
public final class Frames implements AutoCloseable {
    private final long maxBytes;
    /** Free frames, that used last at the end. */
    private final LinkedHashMap<Frame, Memory> free = new LinkedHashMap<>();

    private final IdentityHashMap<Memory, ArrayDeque<Frame>> byPlan = new IdentityHashMap<>();
    private long bytes;
    private boolean closed;

    /** @param maxBytes of memory that frames may keep between runs */
    public Frames(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** A frame for a run of the plan, which {@link #giveBack} takes afterwards. */
    Frame take(Plan plan, Backend backend) {
        synchronized (this) {
            ArrayDeque<Frame> frames = byPlan.get(plan.memory());
            if (frames != null && !frames.isEmpty()) {
                Frame frame = frames.removeLast();
                forget(frame);
                return frame;
            }
        }
        return Frame.open(plan, backend);
    }

    /** Takes a frame back, cleared; it must not be used after this. */
    void giveBack(Frame frame) {
        synchronized (this) {
            if (!closed && frame.bytes() <= maxBytes) {
                free.put(frame, frame.memory());
                byPlan.computeIfAbsent(frame.memory(), _ -> new ArrayDeque<>()).addLast(frame);
                bytes += frame.bytes();
                evict();
                return;
            }
        }
        frame.close();
    }

    private void evict() {
        while (bytes > maxBytes) {
            Frame oldest = free.firstEntry().getKey();
            ArrayDeque<Frame> frames = byPlan.get(oldest.memory());
            if (frames != null) {
                frames.remove(oldest);
            }
            forget(oldest);
            oldest.close();
        }
    }

    private void forget(Frame frame) {
        Memory memory = free.remove(frame);
        bytes -= frame.bytes();
        ArrayDeque<Frame> frames = byPlan.get(memory);
        if (frames != null && frames.isEmpty()) {
            byPlan.remove(memory);
        }
    }

    /** How many tensors free frames keep. */
    public synchronized long tensors() {
        return free.keySet().stream().mapToLong(Frame::tensors).sum();
    }

    /** How many bytes free frames keep. */
    public synchronized long bytes() {
        return bytes;
    }

    @Override
    public synchronized void close() {
        closed = true;
        free.keySet().forEach(Frame::close);
        free.clear();
        byPlan.clear();
        bytes = 0;
    }
}
