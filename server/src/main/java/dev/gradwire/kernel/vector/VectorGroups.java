package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.kernel.Groups;
import dev.gradwire.kernel.Kernel;
import dev.gradwire.tensor.DType;
import java.time.Duration;

/** Runs groups on this machine's CPU. */
public final class VectorGroups implements Groups {
    private final Primitives[] primitives;
    private final HotGroups hotGroups;

    private VectorGroups(Primitives[] primitives, HotGroups hotGroups) {
        this.primitives = primitives;
        this.hotGroups = hotGroups;
    }

    /** With vectors where Java has the module for them, else without. */
    public static VectorGroups open() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent() ? withVectors() : withoutVectors();
    }

    static VectorGroups withVectors() {
        Primitives[] primitives = {new FloatVectors(), new DoubleVectors(), new Ints(), new Longs(), new Bools()};
        return new VectorGroups(primitives, LoopCompiler.open(group -> TileProgram.compile(group, primitives)));
    }

    static VectorGroups withoutVectors() {
        return new VectorGroups(
                new Primitives[] {new FloatScalars(), new DoubleScalars(), new Ints(), new Longs(), new Bools()},
                HotGroups.NONE);
    }

    @Override
    public boolean takes(GroupOp op, DType dtype) {
        return switch (dtype) {
            case FLOAT32, FLOAT64, INT32, INT64, BOOL -> primitives[TileProgram.kind(dtype)].takes(op);
            // Only what needs no rounding.
            case FLOAT16, BFLOAT16 ->
                switch (op) {
                    case CONSTANT, CAST, WHERE, NEG, ABS, MAXIMUM, MINIMUM, MAX, MIN -> true;
                    default -> false;
                };
            default -> false;
        };
    }

    @Override
    public Kernel compile(Group group) {
        Group simple = Simplifier.simplified(group);
        return new TieredKernel(simple, TileProgram.compile(simple, primitives), hotGroups);
    }

    @Override
    public long loops() {
        return hotGroups.loops();
    }

    @Override
    public void warmUp(Duration time) {
        WarmUp.run(primitives, WarmUp.CALLS, System.nanoTime() + time.toNanos());
    }
}
