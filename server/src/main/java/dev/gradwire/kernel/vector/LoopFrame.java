package dev.gradwire.kernel.vector;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Where the parts of a loop find things: which addresses each part takes, and what stands where in the frame. */
final class LoopFrame {
    /** Bytes of a value in the frame. */
    private static final int SLOT = 8;

    /** Bytes of the lanes of one reduction. */
    private static final int LANE_BYTES = ReductionOrder.LANES * 8;

    private final LoopPlan plan;
    private final LoopForm form;
    private final List<Integer> slots = new ArrayList<>();
    private final List<Integer> kept;

    LoopFrame(LoopPlan plan) {
        this.plan = plan;
        form = plan.form();
        kept = plan.kept();
        for (int value = 0; value < form.valueCount(); value++) {
            if (plan.isReduction(value) || plan.saved().get(value)) {
                slots.add(value);
            }
        }
    }

    /** How many addresses a loop takes. */
    int addresses() {
        return form.reads().size() + form.writes().size() + kept.size();
    }

    /** Bytes of the values that are handed on. */
    int slotBytes() {
        return slots.size() * SLOT;
    }

    /** Bytes of the values and of the lanes of reductions. */
    int bytes() {
        int most = 0;
        for (int phase = 0; phase < plan.phases(); phase++) {
            most = Math.max(most, plan.reductions(phase).size());
        }
        return most == 0 ? slotBytes() : lanes(most);
    }

    /** Where the lanes of a phase's reductions stand: of the first one, the second one, … */
    int lanes(int reduction) {
        int lineBytes = 64;
        return (slotBytes() + lineBytes - 1) / lineBytes * lineBytes + reduction * LANE_BYTES;
    }

    /** Where a value stands in the frame. */
    int slot(int value) {
        return slots.indexOf(value) * SLOT;
    }

    int addressOfWrite(int write) {
        return form.reads().size() + write;
    }

    int addressOfKept(int value) {
        return form.reads().size() + form.writes().size() + kept.indexOf(value);
    }

    /** The number of the address that a phase reads a value at places from. */
    int addressOf(int value) {
        if (form.isRead(value)) {
            return value;
        }
        return plan.keptIn(value) >= 0 ? addressOfKept(value) : addressOfWrite(plan.storedBy(value));
    }

    /** Whether a phase goes over the columns at all. */
    boolean hasPlaces(int phase) {
        return !plan.reductions(phase).isEmpty() || !plan.placeWrites(phase).isEmpty();
    }

    boolean hasAfter(int phase) {
        return !plan.neededAfter(phase).isEmpty();
    }

    /** The addresses that a phase takes, in order. */
    List<Integer> usedBy(int phase) {
        BitSet used = new BitSet();
        BitSet needed = plan.needed(phase);
        for (int value = needed.nextSetBit(0); value >= 0; value = needed.nextSetBit(value + 1)) {
            if (form.perRow(value) ? form.isRead(value) : plan.isRead(value, phase)) {
                used.set(addressOf(value));
            }
            if (plan.keptIn(value) == phase) {
                used.set(addressOfKept(value));
            }
        }
        for (int write : plan.placeWrites(phase)) {
            used.set(addressOfWrite(write));
        }
        return list(used);
    }

    /** The addresses that what comes after a phase takes, in order. */
    List<Integer> usedAfter(int phase) {
        BitSet used = new BitSet();
        BitSet needed = plan.neededAfter(phase);
        for (int value = needed.nextSetBit(0); value >= 0; value = needed.nextSetBit(value + 1)) {
            if (form.isRead(value)) {
                used.set(value);
            }
        }
        for (int write : plan.rowWrites(phase)) {
            used.set(addressOfWrite(write));
        }
        return list(used);
    }

    private static List<Integer> list(BitSet set) {
        List<Integer> list = new ArrayList<>();
        set.stream().forEach(list::add);
        return list;
    }

    /** Bytes of an element of what an address points to. */
    int elementBytes(int address) {
        int reads = form.reads().size();
        int writes = form.writes().size();
        if (address < reads) {
            return form.dtype(address).sizeInBytes();
        }
        if (address < reads + writes) {
            LoopForm.Result write = form.writes().get(address - reads);
            return form.dtype(write.value()).sizeInBytes();
        }
        return form.dtype(kept.get(address - reads - writes)).sizeInBytes();
    }
}
