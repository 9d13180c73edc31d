package dev.gradwire.kernel.vector;

import java.lang.classfile.CodeBuilder;
import java.util.BitSet;

/** Writes what is computed once for a row after a phase: with vectors whose lanes are all the same. */
final class AfterWriter extends LoopCode {
    private final int frameLocal;

    AfterWriter(LoopPlan plan, LoopFrame frame, int phase, CodeBuilder code) {
        super(plan, frame, phase, frame.usedAfter(phase), 1, code);
        frameLocal = afterArguments();
    }

    void write() {
        BitSet needed = plan.neededAfter(phase);
        for (int value = needed.nextSetBit(0); value >= 0; value = needed.nextSetBit(value + 1)) {
            if (!plan.computedAfter(value, phase)) {
                if (form.isRead(value)) {
                    code.lload(argument(value));
                    repeatRead(value);
                } else {
                    slot(frameLocal, value);
                    repeat(kind(value));
                }
            } else if (form.operands(value).length == 0) {
                constant(value);
            } else {
                compute(value);
            }
            define(value);
            if (plan.computedAfter(value, phase) && plan.saved().get(value)) {
                code.aload(local(value));
                slot(frameLocal, value);
                put(kind(value));
            }
        }
        for (int write : plan.rowWrites(phase)) {
            int value = form.writes().get(write).value();
            code.aload(local(value)).lload(argument(frame.addressOfWrite(write)));
            put(kind(value));
        }
        end(frameLocal);
    }
}
