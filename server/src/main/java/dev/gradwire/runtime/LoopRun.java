package dev.gradwire.runtime;

import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.pass.Plan;
import dev.gradwire.pass.Work.Loop;
import dev.gradwire.pass.Work.Result;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One run of a loop. Carries are never copied: the body reads one of two tensors and writes the other, or, where all that
 * a carry has been is kept, reads one row and writes the next. What is stacked, the body writes where it belongs.
 */
final class LoopRun {
    private static final TensorType COUNT = new TensorType(DType.INT64, Shape.SCALAR);

    private final Loop loop;
    private final Frame body;
    private final @Nullable Frame test;
    private final LoopBuffers buffers;
    private final String name;
    private final RunState state;
    private final Backend backend;
    private final long seed;
    private final int slicesFrom;
    private final int constantsFrom;
    /** What the body reads: carries, slices, what is the same. */
    private final DeviceTensor[] inputs;

    private final DeviceTensor[] testInputs;
    private final DeviceTensor[] targets;
    /** For each carry the rows of its history, where every iteration comes to its own. */
    private final @Nullable Rows[] histories;
    /** Those slices of the iteration under way that are no rows. */
    private final List<DeviceTensor> slices = new ArrayList<>();
    /** How many iterations there are at the most. */
    private long most;

    LoopRun(Loop loop, Frame body, @Nullable Frame test, LoopBuffers buffers, String name, RunState state, long seed) {
        this.loop = loop;
        this.body = body;
        this.test = test;
        this.buffers = buffers;
        this.name = name;
        this.state = state;
        this.backend = state.backend();
        this.seed = seed;
        this.slicesFrom = loop.carries();
        this.constantsFrom = slicesFrom + loop.sliceDims().size();
        this.inputs = new DeviceTensor[loop.body().inputs().size()];
        this.testInputs = new DeviceTensor[inputs.length - loop.sliceDims().size()];
        this.targets = new DeviceTensor[loop.body().outputs().size()];
        this.histories = new @Nullable Rows[loop.carries()];
        this.most = loop.most();
    }

    /** @param results one for each result of the loop, which it computes into */
    void run(DeviceTensor[] operands, DeviceTensor[] results) {
        int count = operands.length - (loop.counted() ? 1 : 0);
        if (loop.counted()) {
            most = state.read(operands[count], COUNT, tensor -> tensor.getLong(0));
        }
        try (Dense dense = new Dense(backend, operands, 0, count)) {
            System.arraycopy(dense.tensors(), 0, inputs, 0, count);
            begin(results, operands.length);
            long trips = 0;
            while (goesOn(trips)) {
                state.poll();
                iterate(dense.tensors(), results, trips);
                trips++;
            }
            end(results, trips);
        } finally {
            body.clear();
        }
    }

    private boolean isComplete() {
        return test == null && !loop.counted();
    }

    /** Rows that no iteration may come to are zeros. */
    private void begin(DeviceTensor[] results, int operands) {
        for (int i = 0; i < results.length; i++) {
            switch (loop.results().get(i)) {
                case Result.History history -> {
                    if (isComplete() && most > 0) {
                        beginHistory(history.carry(), buffers.rows(operands + i, results[i], carryType(history)));
                    } else {
                        state.clear(results[i], history.type());
                    }
                }
                case Result.Stack stack -> {
                    if (!isComplete()) {
                        state.clear(results[i], stack.type());
                    }
                }
                case Result.Last _, Result.Trips _ -> {}
            }
        }
    }

    private void beginHistory(int carry, Rows rows) {
        DeviceTensor row = rows.at(place(0));
        state.write(row, inputs[carry]);
        inputs[carry] = row;
        histories[carry] = rows;
    }

    private TensorType carryType(Result.History history) {
        return loop.body().inputs().get(history.carry()).type();
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
        System.arraycopy(inputs, 0, testInputs, 0, slicesFrom);
        System.arraycopy(inputs, constantsFrom, testInputs, slicesFrom, inputs.length - constantsFrom);
        Plan plan = Objects.requireNonNull(loop.test());
        DeviceTensor verdict = Objects.requireNonNull(buffers.verdict());
        try {
            condition.run(plan, name, state, testInputs, seedAt(place), new DeviceTensor[] {verdict});
        } finally {
            condition.clear();
        }
        return state.holds(verdict);
    }

    private long place(long trips) {
        return loop.reverse() ? most - 1 - trips : trips;
    }

    private void iterate(DeviceTensor[] operands, DeviceTensor[] results, long trips) {
        long place = place(trips);
        for (int i = 0; i < slicesFrom; i++) {
            Rows history = histories[i];
            targets[i] = history == null || trips + 1 == most ? buffers.carry(i, trips) : history.at(place(trips + 1));
        }
        stack(results, operands.length + (loop.counted() ? 1 : 0), place);
        try {
            slice(operands, place);
            body.run(loop.body(), name, state, inputs, seedAt(place), targets);
        } finally {
            body.clear();
            slices.forEach(DeviceTensor::close);
            slices.clear();
        }
        System.arraycopy(targets, 0, inputs, 0, slicesFrom);
    }

    /** Aims what is stacked at this iteration's rows. */
    private void stack(DeviceTensor[] results, int operands, long place) {
        for (int i = 0; i < results.length; i++) {
            switch (loop.results().get(i)) {
                case Result.History history -> {
                    if (histories[history.carry()] == null) {
                        Rows rows = buffers.rows(operands + i, results[i], carryType(history));
                        state.write(rows.at(place), inputs[history.carry()]);
                    }
                }
                case Result.Stack stack -> {
                    TensorType type = loop.body().outputs().get(stack.output()).type();
                    targets[stack.output()] =
                            buffers.rows(operands + i, results[i], type).at(place);
                }
                case Result.Last _, Result.Trips _ -> {}
            }
        }
    }

    private void slice(DeviceTensor[] operands, long place) {
        for (int i = slicesFrom; i < constantsFrom; i++) {
            TensorType type = loop.body().inputs().get(i).type();
            int dim = loop.sliceDims().get(i - slicesFrom);
            if (dim == 0) {
                inputs[i] = buffers.rows(i, operands[i], type).at(place);
            } else {
                inputs[i] = state.slice(operands[i], dim, place);
                slices.add(inputs[i]);
            }
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

    private void end(DeviceTensor[] results, long trips) {
        for (int i = 0; i < results.length; i++) {
            switch (loop.results().get(i)) {
                case Result.Last(int carry) -> state.write(results[i], inputs[carry]);
                case Result.Trips _ -> state.set(results[i], trips);
                case Result.History _, Result.Stack _ -> {}
            }
        }
        Arrays.fill(inputs, null);
    }
}
