package dev.gradwire.kernel.vector;

import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.gradwire.kernel.GroupOp;
import dev.gradwire.tensor.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Writes one phase of a row: a loop over its columns, a vector at a time, the rest under a mask. Lanes of reductions
 * stand in the frame: as local variables that take turns they became objects in some loops, and as many vectors as
 * there are lanes in one step would make the code as many times as long.
 */
final class PhaseWriter extends LoopCode {
    private final int frameLocal;
    private final int fromLocal;
    private final int toLocal;
    private final int laneShift;
    private final int vectorBytes;
    private final int lanesBytes;
    private final List<Integer> reductions;

    /** For each reduction the variable of its lanes, where these are bools. */
    private final int[] masks;

    private final List<Integer> totals = new ArrayList<>();
    private final BitSet needed;
    private int at;
    private int endOfChunk;
    private int endOfVectors;
    private int mask;
    private boolean masked;

    PhaseWriter(LoopPlan plan, LoopFrame frame, int phase, CodeBuilder code) {
        super(plan, frame, phase, frame.usedBy(phase), 3, code);
        frameLocal = afterArguments();
        fromLocal = frameLocal + 2;
        toLocal = frameLocal + 4;
        laneShift = laneBytes == 4 ? 2 : 3;
        vectorBytes = LoopOps.FLOAT.vectorByteSize();
        lanesBytes = ReductionOrder.LANES * laneBytes;
        reductions = plan.reductions(phase);
        masks = new int[reductions.size()];
        needed = plan.needed(phase);
    }

    void write() {
        beforeLoop();
        code.lload(fromLocal).loadConstant(laneShift).lshl().lstore(fromLocal);
        code.lload(toLocal).loadConstant(laneShift).lshl().lstore(toLocal);
        at = fromLocal;
        endOfVectors = inliner.allocate(TypeKind.LONG);
        if (reductions.isEmpty()) {
            endOfChunk = toLocal;
            columns();
        } else {
            endOfChunk = inliner.allocate(TypeKind.LONG);
            for (int reduction : reductions) {
                identity(reduction);
                totals.add(stored());
            }
            Label chunk = code.newLabel();
            code.labelBinding(chunk);
            code.lload(at)
                    .loadConstant((long) ReductionOrder.CHUNK << laneShift)
                    .ladd();
            code.lload(toLocal)
                    .invokestatic(
                            java.lang.constant.ClassDesc.of("java.lang.Math"),
                            "min",
                            MethodTypeDesc.of(CD_long, CD_long, CD_long));
            code.lstore(endOfChunk);
            startLanes();
            columns();
            foldLanes();
            code.lload(at).lload(toLocal).lcmp().iflt(chunk);
            for (int i = 0; i < totals.size(); i++) {
                code.aload(totals.get(i));
                slot(frameLocal, reductions.get(i));
                put(kind(reductions.get(i)));
            }
        }
        end(frameLocal);
    }

    /** What stands once for a row. */
    private void beforeLoop() {
        for (int value = needed.nextSetBit(0); value >= 0; value = needed.nextSetBit(value + 1)) {
            if (!form.perRow(value)) {
                continue;
            }
            if (form.isRead(value)) {
                code.lload(argument(value));
                repeatRead(value);
            } else if (!plan.computedBefore(value, phase)) {
                slot(frameLocal, value);
                repeat(kind(value));
            } else if (form.operands(value).length == 0) {
                constant(value);
            } else {
                compute(value);
            }
            define(value);
        }
    }

    /** The columns from {@link #at} to {@link #endOfChunk}. */
    private void columns() {
        code.lload(endOfChunk).loadConstant(-(long) vectorBytes).land().lstore(endOfVectors);
        Label loop = code.newLabel();
        Label rest = code.newLabel();
        Label end = code.newLabel();
        code.labelBinding(loop);
        code.lload(at).lload(endOfVectors).lcmp().ifge(rest);
        masked = false;
        body();
        code.lload(at).loadConstant((long) vectorBytes).ladd().lstore(at).goto_(loop);
        code.labelBinding(rest);
        code.lload(at).lload(endOfChunk).lcmp().ifge(end);
        mask = inliner.allocate(TypeKind.REFERENCE);
        code.lload(endOfChunk).lload(at).lsub().loadConstant(laneShift).lshr();
        inliner.call(new Helper(OPS, "first" + laneBytes, MethodTypeDesc.of(LoopKind.MASK.desc(), CD_long)));
        code.astore(mask);
        masked = true;
        body();
        code.lload(endOfChunk).lstore(at);
        code.labelBinding(end);
    }

    private void body() {
        List<Integer> places = new ArrayList<>();
        int mark = inliner.mark();
        for (int i = 0; i < reductions.size(); i++) {
            int operand = form.instruction(reductions.get(i)).a();
            make(operand, places);
            combine(i, local(operand));
        }
        for (int value = needed.nextSetBit(0); value >= 0; value = needed.nextSetBit(value + 1)) {
            if (plan.keptIn(value) == phase) {
                make(value, places);
                code.aload(local(value));
                store(kind(value), frame.addressOfKept(value));
            }
        }
        for (int number : plan.placeWrites(phase)) {
            LoopForm.Result write = form.writes().get(number);
            make(write.value(), places);
            write(write, frame.addressOfWrite(number));
        }
        places.forEach(this::forget);
        inliner.release(mark);
    }

    /** Has a value at places, and what it is computed from, in local variables. */
    private void make(int value, List<Integer> places) {
        if (has(value)) {
            return;
        }
        if (plan.isRead(value, phase)) {
            load(kind(value), frame.addressOf(value));
        } else if (form.instruction(value).op() == GroupOp.INDEX) {
            LoopKind kind = kind(value);
            code.lload(at).loadConstant(laneShift).lshr();
            inliner.call(new Helper(OPS, "index" + kind.label(), MethodTypeDesc.of(kind.desc(), CD_long)));
        } else {
            for (int operand : form.operands(value)) {
                make(operand, places);
            }
            compute(value);
        }
        define(value);
        places.add(value);
    }

    private void place(LoopKind kind, int address) {
        code.lload(argument(address)).lload(at);
        if (kind == LoopKind.MASK) {
            code.loadConstant(laneShift).lshr();
        }
        code.ladd();
    }

    private void load(LoopKind kind, int address) {
        place(kind, address);
        String name = labelled("load", kind);
        if (masked) {
            code.aload(mask);
            inliner.call(new Helper(OPS, name, MethodTypeDesc.of(kind.desc(), CD_long, LoopKind.MASK.desc())));
        } else {
            inliner.call(new Helper(OPS, name, MethodTypeDesc.of(kind.desc(), CD_long)));
        }
    }

    /** Stores the vector on the stack. */
    private void store(LoopKind kind, int address) {
        place(kind, address);
        String name = named("store", kind);
        if (masked) {
            code.aload(mask);
            inliner.call(new Helper(OPS, name, MethodTypeDesc.of(CD_void, kind.desc(), CD_long, LoopKind.MASK.desc())));
        } else {
            inliner.call(new Helper(OPS, name, MethodTypeDesc.of(CD_void, kind.desc(), CD_long)));
        }
    }

    private void write(LoopForm.Result write, int address) {
        LoopKind kind = kind(write.value());
        GroupOp overRows = write.overRows();
        if (overRows != null) {
            load(kind, address);
            code.aload(local(write.value()));
            call(LoopSupport.combine(overRows, kind));
        } else {
            code.aload(local(write.value()));
        }
        store(kind, address);
    }

    private void startLanes() {
        for (int i = 0; i < reductions.size(); i++) {
            int value = reductions.get(i);
            identity(value);
            int start = stored();
            if (isMask(value)) {
                masks[i] = start;
                continue;
            }
            for (int offset = 0; offset < lanesBytes; offset += vectorBytes) {
                code.aload(start);
                lanes(i, offset);
                storeWhole(kind(value));
            }
        }
    }

    private boolean isMask(int value) {
        return kind(value) == LoopKind.MASK;
    }

    /** Pushes the address of lanes of a reduction. */
    private void lanes(int reduction, int offset) {
        code.lload(frameLocal)
                .loadConstant((long) frame.lanes(reduction) + offset)
                .ladd();
    }

    /** Pushes the address of the lanes of a reduction that the vector at hand belongs to. */
    private void lanesHere(int reduction) {
        lanes(reduction, 0);
        code.lload(at).loadConstant(lanesBytes - 1L).land().ladd();
    }

    private void combine(int reduction, int operand) {
        int value = reductions.get(reduction);
        GroupOp op = form.instruction(value).op();
        LoopKind kind = kind(value);
        if (isMask(value)) {
            code.aload(masks[reduction]);
        } else {
            lanesHere(reduction);
            loadWhole(kind);
        }
        code.aload(operand);
        if (masked) {
            code.aload(mask);
            call(LoopSupport.combineSome(op, kind));
        } else {
            call(LoopSupport.combine(op, kind));
        }
        if (isMask(value)) {
            code.astore(masks[reduction]);
        } else {
            lanesHere(reduction);
            storeWhole(kind);
        }
    }

    private void loadWhole(LoopKind kind) {
        inliner.call(new Helper(OPS, labelled("load", kind), MethodTypeDesc.of(kind.desc(), CD_long)));
    }

    private void storeWhole(LoopKind kind) {
        inliner.call(new Helper(OPS, named("store", kind), MethodTypeDesc.of(CD_void, kind.desc(), CD_long)));
    }

    /** Folds the lanes of a chunk and combines the result into the total. */
    private void foldLanes() {
        for (int i = 0; i < reductions.size(); i++) {
            int value = reductions.get(i);
            GroupOp op = form.instruction(value).op();
            LoopKind kind = kind(value);
            code.aload(totals.get(i));
            if (isMask(value)) {
                code.aload(masks[i]);
            } else {
                foldVectors(i, op, kind, 0, 1);
            }
            call(LoopSupport.fold(op, kind));
            call(LoopSupport.combine(op, kind));
            code.astore(totals.get(i));
        }
    }

    /** Pushes one vector of every so many vectors of lanes, from one on: halves are folded onto each other last. */
    private void foldVectors(int reduction, GroupOp op, LoopKind kind, int first, int step) {
        if (step * vectorBytes >= lanesBytes) {
            lanes(reduction, first * vectorBytes);
            loadWhole(kind);
        } else {
            foldVectors(reduction, op, kind, first, 2 * step);
            foldVectors(reduction, op, kind, first + step, 2 * step);
            call(LoopSupport.combine(op, kind));
        }
    }

    /** Pushes what changes nothing. */
    private void identity(int reduction) {
        DType dtype = form.dtype(reduction);
        constant(
                kind(reduction),
                LoopSupport.identity(form.instruction(reduction).op(), dtype));
    }

    private int stored() {
        int slot = inliner.allocate(TypeKind.REFERENCE);
        code.astore(slot);
        return slot;
    }
}
