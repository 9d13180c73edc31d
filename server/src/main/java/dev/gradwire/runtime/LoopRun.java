package dev.gradwire.runtime;

import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.pass.Plan;
import dev.gradwire.pass.Work.Loop;
import dev.gradwire.pass.Work.Result;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One run of a loop. Owns the carries, which change hands from iteration to iteration, and what is stacked, each of
 * which is one tensor that iterations write their row of; {@link #close} releases what {@link #run} did not give away.
 */
final class LoopRun implements AutoCloseable {
    private static final TensorType COUNT = new TensorType(DType.INT64, Shape.SCALAR);

    private final Loop loop;
    private final RunState state;
    private final Backend backend;
    private final long seed;
    private final List<DeviceTensor> operands;
    private final List<DeviceTensor> slicedTensors;
    private final List<DeviceTensor> constants;
    /** How many iterations there are at the most. */
    private long most;

    private final Frame body;
    private final @Nullable Frame test;
    private final List<DeviceTensor> carries = new ArrayList<>();
    /** For each result its tensor, null for those that are none before the end; empty once they are given away. */
    private final List<@Nullable DeviceTensor> stacks = new ArrayList<>();

    LoopRun(Loop loop, RunState state, String name, DeviceTensor[] operands, long seed) {
        this.seed = seed;
        this.loop = loop;
        this.state = state;
        this.backend = state.backend();
        this.body = new Frame(loop.body(), state, name);
        Plan testPlan = loop.test();
        this.test = testPlan == null ? null : new Frame(testPlan, state, name);
        int slicesFrom = loop.carries();
        int constantsFrom = slicesFrom + loop.sliceDims().size();
        this.operands = List.of(operands);
        this.slicedTensors = this.operands.subList(slicesFrom, constantsFrom);
        this.constants = this.operands.subList(constantsFrom, operands.length - (loop.counted() ? 1 : 0));
        this.most = loop.most();
    }

    DeviceTensor[] run() {
        begin();
        long trips = 0;
        while (goesOn(trips)) {
            state.pollCancellation();
            iterate(loop.reverse() ? most - 1 - trips : trips);
            trips++;
        }
        return results(trips);
    }

    private void begin() {
        if (loop.counted()) {
            most = state.read(operands.getLast(), COUNT, tensor -> tensor.getLong(0));
        }
        operands.subList(0, loop.carries()).forEach(carry -> carries.add(backend.share(carry)));
        for (Result result : loop.results()) {
            stacks.add(
                    switch (result) {
                        case Result.History history -> backend.zeros(history.type());
                        case Result.Stack stack -> backend.zeros(stack.type());
                        case Result.Last _, Result.Trips _ -> null;
                    });
        }
    }

    private boolean goesOn(long trips) {
        if (test == null) {
            return trips < most;
        }
        if (!holds(test, trips)) {
            return false;
        }
        if (trips == most) {
            throw new KernelException("the condition still holds after max_iterations = " + most + " iterations");
        }
        if (most == Loop.UNBOUNDED && !state.mayGoOn()) {
            throw new KernelException("loops without max_iterations have run for "
                    + state.options().maxIterations() + " iterations, which is the limit max_loop_iterations");
        }
        return true;
    }

    private boolean holds(Frame condition, long place) {
        List<DeviceTensor> inputs = new ArrayList<>(carries);
        inputs.addAll(constants);
        Plan plan = Objects.requireNonNull(loop.test());
        List<DeviceTensor> verdict = condition.run(inputs, seedAt(place));
        try {
            TensorType type = plan.outputs().getFirst().type();
            return state.read(verdict.getFirst(), type, tensor -> tensor.getLong(0) != 0);
        } finally {
            verdict.forEach(DeviceTensor::close);
            condition.clear();
        }
    }

    private void iterate(long place) {
        for (int i = 0; i < stacks.size(); i++) {
            if (loop.results().get(i) instanceof Result.History history) {
                writeRow(stacks.get(i), place, carries.get(history.carry()));
            }
        }
        List<DeviceTensor> results = step(place);
        carries.forEach(DeviceTensor::close);
        carries.clear();
        carries.addAll(results.subList(0, loop.carries()));
        List<DeviceTensor> rows = results.subList(loop.carries(), results.size());
        try {
            for (int i = 0; i < stacks.size(); i++) {
                if (loop.results().get(i) instanceof Result.Stack stack) {
                    writeRow(stacks.get(i), place, results.get(stack.output()));
                }
            }
        } finally {
            rows.forEach(DeviceTensor::close);
        }
    }

    private List<DeviceTensor> step(long place) {
        List<DeviceTensor> slices = new ArrayList<>();
        try {
            for (int i = 0; i < slicedTensors.size(); i++) {
                slices.add(backend.slice(slicedTensors.get(i), loop.sliceDims().get(i), place));
            }
            List<DeviceTensor> inputs = new ArrayList<>(carries);
            inputs.addAll(slices);
            inputs.addAll(constants);
            return body.run(inputs, seedAt(place));
        } finally {
            body.clear();
            slices.forEach(DeviceTensor::close);
        }
    }

    /**
     * Each iteration draws for itself, and its derivative, which goes the other way, draws the same. Mixed as SplitMix64
     * does (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
     */
    private long seedAt(long place) {
        long mixed = seed + (place + 1) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ mixed >>> 30) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
        return mixed ^ mixed >>> 31;
    }

    private void writeRow(@Nullable DeviceTensor stack, long place, DeviceTensor row) {
        if (stack == null) {
            throw new IllegalStateException("nothing to stack into");
        }
        try (DeviceTensor target = backend.slice(stack, 0, place)) {
            backend.write(target, row);
        }
    }

    private DeviceTensor[] results(long trips) {
        for (int i = 0; i < stacks.size(); i++) {
            switch (loop.results().get(i)) {
                case Result.Last(int carry) -> stacks.set(i, backend.share(carries.get(carry)));
                case Result.Trips _ -> stacks.set(i, backend.upload(Tensor.scalar(DType.INT64, trips)));
                case Result.History _, Result.Stack _ -> {}
            }
        }
        DeviceTensor[] results = stacks.stream().map(Objects::requireNonNull).toArray(DeviceTensor[]::new);
        stacks.clear();
        return results;
    }

    @Override
    public void close() {
        body.close();
        if (test != null) {
            test.close();
        }
        carries.forEach(DeviceTensor::close);
        for (DeviceTensor stack : stacks) {
            if (stack != null) {
                stack.close();
            }
        }
    }
}
