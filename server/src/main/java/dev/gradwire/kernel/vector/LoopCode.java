package dev.gradwire.kernel.vector;

import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.gradwire.kernel.Group.Instruction;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.tensor.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.Arrays;
import java.util.List;

/** One method of a generated loop as it is written: which values are in which local variables, and calls of helpers. */
class LoopCode {
    static final ClassDesc OPS = ClassDesc.ofDescriptor(LoopOps.class.descriptorString());

    private static final ClassDesc THROWABLE = ClassDesc.of("java.lang.Throwable");

    protected final LoopPlan plan;
    protected final LoopForm form;
    protected final LoopFrame frame;
    protected final int phase;
    protected final CodeBuilder code;

    /** Bytes of this loop's lanes, 4 or 8. */
    protected final int laneBytes;

    protected final Inliner inliner;

    private final int[] locals;
    private final List<Integer> arguments;

    /**
     * @param arguments the addresses that the method takes, before anything else
     * @param more how many other long arguments it takes
     */
    LoopCode(LoopPlan plan, LoopFrame frame, int phase, List<Integer> arguments, int more, CodeBuilder code) {
        this.plan = plan;
        this.form = plan.form();
        this.frame = frame;
        this.phase = phase;
        this.arguments = arguments;
        this.code = code;
        laneBytes = LoopSupport.laneBytes(form);
        locals = new int[form.valueCount()];
        Arrays.fill(locals, -1);
        inliner = new Inliner(code, 2 * (arguments.size() + more));
    }

    LoopKind kind(int value) {
        return LoopSupport.kind(form, value);
    }

    /** The local variable that has an address. */
    int argument(int address) {
        return 2 * arguments.indexOf(address);
    }

    /** The first local variable after the addresses. */
    int afterArguments() {
        return 2 * arguments.size();
    }

    boolean has(int value) {
        return locals[value] >= 0;
    }

    int local(int value) {
        return locals[value];
    }

    /** Takes what is on the stack for the value from now on. */
    void define(int value) {
        int slot = inliner.allocate(TypeKind.REFERENCE);
        code.astore(slot);
        locals[value] = slot;
    }

    void forget(int value) {
        locals[value] = -1;
    }

    /** A helper's name for vectors of this kind: masks have as many lanes as the loop. */
    String named(String name, LoopKind kind) {
        return kind == LoopKind.MASK ? name + laneBytes : name;
    }

    String labelled(String name, LoopKind kind) {
        return named(name + kind.label(), kind);
    }

    /** Pushes the vector that repeats the number whose address is on the stack. */
    void repeat(LoopKind kind) {
        inliner.call(new Helper(OPS, labelled("all", kind), MethodTypeDesc.of(kind.desc(), CD_long)));
    }

    /** Pushes the vector that repeats a number of a row, whose address is on the stack. */
    void repeatRead(int value) {
        if (form.dtype(value) == DType.INT64 && kind(value) == LoopKind.INT) {
            inliner.call(new Helper(OPS, "allNarrow", MethodTypeDesc.of(LoopKind.INT.desc(), CD_long)));
        } else {
            repeat(kind(value));
        }
    }

    /** Pushes a vector of a value that is a constant. */
    void constant(int value) {
        constant(kind(value), form.instruction(value).number());
    }

    /** Pushes a vector of a number given as in an instruction. */
    void constant(LoopKind kind, long bits) {
        ClassDesc type = switch (kind) {
            case FLOAT -> {
                code.loadConstant((float) Double.longBitsToDouble(bits));
                yield CD_float;
            }
            case DOUBLE -> {
                code.loadConstant(Double.longBitsToDouble(bits));
                yield CD_double;
            }
            case INT -> {
                code.loadConstant((int) bits);
                yield CD_int;
            }
            case LONG -> {
                code.loadConstant(bits);
                yield CD_long;
            }
            case MASK -> {
                code.loadConstant(bits != 0 ? 1 : 0);
                yield CD_int;
            }
        };
        inliner.call(new Helper(OPS, named("constant", kind), MethodTypeDesc.of(kind.desc(), type)));
    }

    /** Computes a value of operands that are in local variables; not of a source, a reduction or a read. */
    void compute(int value) {
        Instruction instruction = form.instruction(value);
        int[] operands = form.operands(value);
        for (int operand : operands) {
            code.aload(local(operand));
        }
        if (instruction.op() == GroupOp.CAST && kind(operands[0]) == kind(value)) {
            return;
        }
        LoopKind[] kinds = Arrays.stream(operands).mapToObj(this::kind).toArray(LoopKind[]::new);
        call(LoopSupport.helper(instruction.op(), kind(value), laneBytes, kinds));
    }

    void call(Helper helper) {
        inliner.call(helper);
    }

    /** Stores the first lane of the vector on the stack at the address that follows it. */
    void put(LoopKind kind) {
        inliner.call(new Helper(OPS, named("put", kind), MethodTypeDesc.of(CD_void, kind.desc(), CD_long)));
    }

    /** Pushes where a value stands in the frame. */
    void slot(int frameLocal, int value) {
        code.lload(frameLocal).loadConstant((long) frame.slot(value)).ladd();
    }

    /**
     * Ends the method, with code that never runs and that the JVM's first compiler refuses: a handler that is reached
     * without an exception too. It would inline the Vector API into code slower than what it calls, until it runs out of
     * registers and leaves the method to stay as slow as it is; refusing at once, it leaves it to the second.
     */
    void end(int frameLocal) {
        Label handler = code.newLabel();
        Label from = code.newLabel();
        Label to = code.newLabel();
        Label done = code.newLabel();
        code.lload(frameLocal).loadConstant(-1L).lcmp().ifne(done);
        code.labelBinding(from);
        code.aconst_null().checkcast(THROWABLE);
        code.labelBinding(to).goto_(handler);
        code.labelBinding(handler).athrow();
        code.labelBinding(done).return_();
        code.exceptionCatchAll(from, to, handler);
    }
}
