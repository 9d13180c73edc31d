package dev.gradwire.kernel.vector;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;
import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.MTD_void;

import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.instruction.SwitchCase;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes the class of a loop: a method for each phase of a row and one for what is computed after it, small enough each
 * for the compiler of the JVM, and the loop over rows that calls them. Vectors live in local variables throughout.
 */
final class LoopWriter {
    private static final ClassDesc LONGS = CD_long.arrayType();
    private static final MethodTypeDesc ROWS = MethodTypeDesc.of(CD_void, LONGS, LONGS, CD_long, CD_long, CD_long);
    private static final MethodTypeDesc PHASE = MethodTypeDesc.of(CD_void, CD_int, LONGS, CD_long, CD_long, CD_long);
    private static final MethodTypeDesc AFTER = MethodTypeDesc.of(CD_void, CD_int, LONGS, CD_long);

    private final LoopPlan plan;
    private final LoopFrame frame;
    private final ClassDesc self = ClassDesc.of(LoopWriter.class.getPackageName(), "GeneratedLoop");
    private final int addresses;

    LoopWriter(LoopPlan plan) {
        this.plan = plan;
        frame = new LoopFrame(plan);
        addresses = frame.addresses();
    }

    byte[] write() {
        return ClassFile.of().build(self, this::body);
    }

    private void body(ClassBuilder to) {
        to.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER | ClassFile.ACC_SYNTHETIC);
        to.withInterfaceSymbols(ClassDesc.ofDescriptor(GroupLoop.class.descriptorString()));
        to.withMethodBody(
                INIT_NAME,
                MTD_void,
                0,
                code -> code.aload(0)
                        .invokespecial(CD_Object, INIT_NAME, MTD_void)
                        .return_());
        to.withMethodBody("rows", ROWS, ClassFile.ACC_PUBLIC, this::rows);
        to.withMethodBody("phase", PHASE, ClassFile.ACC_PUBLIC, this::phase);
        to.withMethodBody("after", AFTER, ClassFile.ACC_PUBLIC, this::after);
        for (int i = 0; i < plan.phases(); i++) {
            int phase = i;
            to.withMethodBody(
                    "phase" + i,
                    phaseType(phase),
                    ClassFile.ACC_STATIC,
                    code -> new PhaseWriter(plan, frame, phase, code).write());
            to.withMethodBody(
                    "after" + i,
                    afterType(phase),
                    ClassFile.ACC_STATIC,
                    code -> new AfterWriter(plan, frame, phase, code).write());
        }
    }

    /** The addresses that a phase uses, the frame, from, to. */
    private MethodTypeDesc phaseType(int phase) {
        return longs(frame.usedBy(phase).size() + 3);
    }

    private MethodTypeDesc afterType(int phase) {
        return longs(frame.usedAfter(phase).size() + 1);
    }

    private static MethodTypeDesc longs(int count) {
        List<ClassDesc> types = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            types.add(CD_long);
        }
        return MethodTypeDesc.of(CD_void, types);
    }

    private void rows(CodeBuilder code) {
        // this 0, addresses 1, steps 2, frame 3, rows 5, columns 7, then the addresses of the row
        int first = 9;
        for (int i = 0; i < addresses; i++) {
            code.aload(1).loadConstant(i).laload().lstore(first + 2 * i);
        }
        Label next = code.newLabel();
        Label end = code.newLabel();
        code.labelBinding(next);
        for (int phase = 0; phase < plan.phases(); phase++) {
            if (frame.hasPlaces(phase)) {
                for (int used : frame.usedBy(phase)) {
                    code.lload(first + 2 * used);
                }
                code.lload(3).lconst_0().lload(7).invokestatic(self, "phase" + phase, phaseType(phase));
            }
            if (frame.hasAfter(phase)) {
                for (int used : frame.usedAfter(phase)) {
                    code.lload(first + 2 * used);
                }
                code.lload(3).invokestatic(self, "after" + phase, afterType(phase));
            }
        }
        code.lload(5).lconst_1().lsub().dup2().lstore(5);
        code.lconst_0().lcmp().ifle(end);
        for (int i = 0; i < addresses; i++) {
            int slot = first + 2 * i;
            code.lload(slot).aload(2).loadConstant(i).laload().ladd().lstore(slot);
        }
        code.goto_(next).labelBinding(end).return_();
    }

    private void phase(CodeBuilder code) {
        // this 0, phase 1, addresses 2, frame 3, from 5, to 7
        choose(code, phase -> {
            if (frame.hasPlaces(phase)) {
                load(code, frame.usedBy(phase));
                code.lload(3).lload(5).lload(7).invokestatic(self, "phase" + phase, phaseType(phase));
            }
        });
    }

    private void after(CodeBuilder code) {
        // this 0, phase 1, addresses 2, frame 3
        choose(code, phase -> {
            if (frame.hasAfter(phase)) {
                load(code, frame.usedAfter(phase));
                code.lload(3).invokestatic(self, "after" + phase, afterType(phase));
            }
        });
    }

    private static void load(CodeBuilder code, List<Integer> used) {
        for (int i : used) {
            code.aload(2).loadConstant(i).laload();
        }
    }

    private void choose(CodeBuilder code, java.util.function.IntConsumer body) {
        Label end = code.newLabel();
        List<SwitchCase> cases = new ArrayList<>();
        for (int phase = 0; phase < plan.phases(); phase++) {
            cases.add(SwitchCase.of(phase, code.newLabel()));
        }
        code.iload(1).tableswitch(0, plan.phases() - 1, end, cases);
        for (SwitchCase each : cases) {
            code.labelBinding(each.target());
            body.accept(each.caseValue());
            code.goto_(end);
        }
        code.labelBinding(end).return_();
    }
}
