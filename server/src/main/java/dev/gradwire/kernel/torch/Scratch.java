package dev.gradwire.kernel.torch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradwire.tensor.Layout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Native memory of one thread for the arguments and results of the call under way; whoever calls the library gets it. Calls do not nest inside the
 * filling of one area, so no area is ever used twice at once.
 */
final class Scratch {
    /** More than the parameters of any overload. */
    static final int STACK_SLOTS = 64;

    /** PyTorch's own limit on dimensions. */
    static final int MAX_RANK = Layout.MAX_RANK;

    private static final int OUT_SLOTS = 16;
    private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::first);

    private final MemorySegment memory = Arena.ofAuto().allocate(JAVA_LONG, STACK_SLOTS + OUT_SLOTS + 2L * MAX_RANK);
    private final long address = memory.address();

    private static Scratch first() {
        LibTorch.computeAlone();
        return new Scratch();
    }

    static Scratch get() {
        return OF_THREAD.get();
    }

    /** Address of the stack that the dispatcher reads and writes. */
    long stack() {
        return address;
    }

    void setStack(int slot, long value) {
        memory.setAtIndex(JAVA_LONG, slot, value);
    }

    long getStack(int slot) {
        return memory.getAtIndex(JAVA_LONG, slot);
    }

    /** Address of the place for a function's result; the next {@code OUT_SLOTS − 1} words are for further ones. */
    long out() {
        return address + STACK_SLOTS * JAVA_LONG.byteSize();
    }

    long out(int index) {
        return out() + index * JAVA_LONG.byteSize();
    }

    void clearResult() {
        memory.setAtIndex(JAVA_LONG, STACK_SLOTS, 0);
    }

    long result() {
        return memory.getAtIndex(JAVA_LONG, STACK_SLOTS);
    }

    long result(int index) {
        return memory.getAtIndex(JAVA_LONG, STACK_SLOTS + index);
    }

    long sizes() {
        return address + (STACK_SLOTS + OUT_SLOTS) * JAVA_LONG.byteSize();
    }

    long strides() {
        return sizes() + MAX_RANK * JAVA_LONG.byteSize();
    }

    void setLayout(Layout layout) {
        int base = STACK_SLOTS + OUT_SLOTS;
        for (int i = 0; i < layout.rank(); i++) {
            memory.setAtIndex(JAVA_LONG, base + i, layout.size(i));
            memory.setAtIndex(JAVA_LONG, base + MAX_RANK + i, layout.stride(i));
        }
    }
}
