package dev.gradwire.runtime;

import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Kernel;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.pass.Memory;
import dev.gradwire.pass.Memory.Place;
import dev.gradwire.pass.Plan;
import dev.gradwire.pass.Plan.ConstantSlot;
import dev.gradwire.pass.Plan.Slot;
import dev.gradwire.pass.Plan.Step;
import dev.gradwire.pass.Work;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The slots of a plan and its memory, for one run after another. Tensors of planned memory, constants and views of them
 * stay; all others a run makes are closed when they are dead, at the latest by {@link #clear}. Inputs stay their owner's.
 * Used by one run at a time.
 */
final class Frame implements AutoCloseable {
    /** For tests: whether memory that a run has left is overwritten, so that whoever still reads it is found out. */
    private static final boolean POISONED = Boolean.getBoolean("gradwire.poison");

    /** NaN in every floating type. */
    private static final byte POISON = (byte) 0xff;

    private final Memory memory;
    private final Backend backend;
    /** Null where another frame's memory is used. */
    private final @Nullable Arena arena;

    private final MemorySegment stretch;
    private final @Nullable DeviceTensor[] slots;
    /** Whether a slot's tensor stays between runs. */
    private final boolean[] stays;
    /** Whether a run makes a slot's tensor itself, and closes it. */
    private final boolean[] owned;

    private final int[] ownedSlots;

    private final StepRun[] steps;
    private final int[] outputSlots;
    /** Whether an output is the last that stands for a tensor which a run makes. */
    private final boolean[] handsOver;

    /** What a step needs for each run, made once. */
    private static final class StepRun {
        final int[] operandSlots;
        final int[] resultSlots;
        final int[] releases;
        final DeviceTensor[] operands;
        final DeviceTensor[] results;
        /** The frames of bodies, made at their first run. */
        @Nullable
        Frame first;

        @Nullable
        Frame second;

        @Nullable
        LoopBuffers buffers;

        StepRun(Step step) {
            operandSlots = ints(step.operands());
            resultSlots = ints(step.results());
            releases = ints(step.releases());
            operands = new DeviceTensor[operandSlots.length];
            results = new DeviceTensor[resultSlots.length];
        }

        private static int[] ints(List<Integer> numbers) {
            return numbers.stream().mapToInt(Integer::intValue).toArray();
        }
    }

    private Frame(Plan plan, Backend backend, @Nullable Arena arena, MemorySegment stretch) {
        this.memory = plan.memory();
        this.backend = backend;
        this.arena = arena;
        this.stretch = stretch;
        this.slots = new @Nullable DeviceTensor[plan.slotCount()];
        this.stays = new boolean[plan.slotCount()];
        this.steps = plan.steps().stream().map(StepRun::new).toArray(StepRun[]::new);
        this.outputSlots = plan.outputs().stream().mapToInt(Slot::index).toArray();
        this.handsOver = new boolean[outputSlots.length];
        place(plan);
        this.owned = new boolean[slots.length];
        this.ownedSlots = findOwned(plan);
        findHandedOver();
    }

    /** A frame with memory of its own, which it closes. */
    @SuppressWarnings("MustBeClosedChecker")
    static Frame open(Plan plan, Backend backend) {
        long bytes = plan.memory().bytes();
        if (bytes == 0 || !backend.wrapsHostMemory()) {
            return new Frame(plan, backend, null, MemorySegment.NULL);
        }
        Arena arena = Arena.ofShared();
        return new Frame(plan, backend, arena, arena.allocate(bytes, 64));
    }

    /** A frame whose memory begins at an offset of this one's. */
    private Frame within(Plan plan, long offset) {
        boolean planned = plan.memory().bytes() > 0 && backend.wrapsHostMemory();
        MemorySegment part = planned ? stretch.asSlice(offset, plan.memory().bytes()) : MemorySegment.NULL;
        return new Frame(plan, backend, null, part);
    }

    private void place(Plan plan) {
        List<Place> places = memory.places();
        for (int i = 0; i < slots.length; i++) {
            if (places.get(i) instanceof Place.Planned(long offset, var type)) {
                stay(i, backend.wrap(stretch.asSlice(offset, type.lengthInBytes()), type));
            }
        }
        for (ConstantSlot constant : plan.constants()) {
            stay(constant.index(), backend.upload(constant.tensor()));
        }
        for (Step step : plan.steps()) {
            if (step.work() instanceof Work.View(var layout)) {
                DeviceTensor base = slots[step.operands().getFirst()];
                if (base != null) {
                    stay(step.results().getFirst(), backend.view(base, layout));
                }
            }
        }
    }

    private int[] findOwned(Plan plan) {
        for (int slot : plan.seeds()) {
            owned[slot] = true;
        }
        for (int i = 0; i < slots.length; i++) {
            owned[i] |= !stays[i]
                    && switch (memory.places().get(i)) {
                        case Place.Own _, Place.Made _ -> true;
                        case Place.Given _, Place.Planned _, Place.Output _ -> false;
                    };
        }
        return IntStream.range(0, slots.length).filter(slot -> owned[slot]).toArray();
    }

    private void findHandedOver() {
        BitSet seen = new BitSet();
        for (int i = outputSlots.length - 1; i >= 0; i--) {
            int slot = outputSlots[i];
            handsOver[i] = owned[slot] && !seen.get(slot);
            seen.set(slot);
        }
    }

    private void stay(int slot, DeviceTensor tensor) {
        slots[slot] = tensor;
        stays[slot] = true;
    }

    Memory memory() {
        return memory;
    }

    /** How many tensors it keeps between runs. */
    long tensors() {
        long count = 0;
        for (boolean kept : stays) {
            count += kept ? 1 : 0;
        }
        for (StepRun step : steps) {
            count += step.first == null ? 0 : step.first.tensors();
            count += step.second == null ? 0 : step.second.tensors();
            count += step.buffers == null ? 0 : step.buffers.tensors();
        }
        return count;
    }

    /** How many bytes of memory it keeps between runs. */
    long bytes() {
        return stretch.byteSize();
    }

    /**
     * Runs all steps.
     *
     * @param plan the one that the frame is for, or one that differs in names only
     * @param outer name of the node that runs the plan, empty for the plan of the whole graph
     * @param inputs one for each input of the plan, contiguous; they stay the caller's
     * @param seed key of the random operators
     * @param targets for the outputs, where the plan computes into its caller's tensors; otherwise empty
     */
    void run(Plan plan, String outer, RunState state, DeviceTensor[] inputs, long seed, DeviceTensor[] targets) {
        for (int i = 0; i < inputs.length; i++) {
            slots[plan.inputs().get(i).index()] = inputs[i];
        }
        for (int slot : plan.seeds()) {
            slots[slot] = backend.upload(Tensor.scalar(DType.INT64, seed));
        }
        boolean profiled = state.options().profile() && outer.isEmpty();
        for (int i = 0; i < steps.length; i++) {
            Step step = plan.steps().get(i);
            state.poll();
            long start = profiled ? System.nanoTime() : 0;
            run(step, steps[i], outer, state, seed, targets);
            if (profiled) {
                state.stepNanos().add(System.nanoTime() - start);
            }
            if (state.detectsAnomaly()) {
                new AnomalyCheck(plan, outer, state, slots).check(step);
            }
            for (int slot : steps[i].releases) {
                release(slot);
            }
        }
        for (int i = 0; i < targets.length; i++) {
            int slot = outputSlots[i];
            boolean there = memory.places().get(slot) instanceof Place.Output(int number) && number == i;
            if (!there) {
                state.write(targets[i], filled(slot));
            }
        }
    }

    private void run(Step step, StepRun run, String outer, RunState state, long seed, DeviceTensor[] targets) {
        for (int i = 0; i < run.operands.length; i++) {
            run.operands[i] = filled(run.operandSlots[i]);
        }
        String name = step.node();
        try {
            if (step.work().writes()) {
                for (int i = 0; i < run.results.length; i++) {
                    run.results[i] = result(run.resultSlots[i], targets);
                }
            }
            switch (step.work()) {
                case Work.View(var layout) -> {
                    int slot = run.resultSlots[0];
                    if (!stays[slot]) {
                        slots[slot] = backend.view(run.operands[0], layout);
                    }
                }
                case Work.Run(Kernel kernel) -> {
                    if (kernel.writes()) {
                        kernel.write(run.operands, run.results, state.lane());
                    } else {
                        keep(kernel.run(run.operands), run.resultSlots);
                    }
                }
                case Work.Branch branch -> branch(branch, step, run, GraphBuilder.qualified(outer, name), state, seed);
                case Work.Loop loop -> loop(loop, step, run, GraphBuilder.qualified(outer, name), state, seed);
            }
        } catch (KernelException e) {
            throw new StepException(GraphBuilder.qualified(outer, name), step.backward(), e);
        }
    }

    /** The tensor that a step computes into. */
    private DeviceTensor result(int slot, DeviceTensor[] targets) {
        DeviceTensor tensor = stays[slot] ? slots[slot] : null;
        if (tensor != null) {
            return tensor;
        }
        DeviceTensor made = switch (memory.places().get(slot)) {
            case Place.Output(int number) -> targets[number];
            case Place.Own(var type) -> backend.empty(type);
            case Place.Given _, Place.Planned _, Place.Made _ -> throw new IllegalStateException("no place");
        };
        slots[slot] = made;
        return made;
    }

    /** Takes over what a kernel made: in row-major order, and nowhere in the memory that later steps write. */
    private void keep(DeviceTensor[] made, int[] resultSlots) {
        for (int i = 0; i < made.length; i++) {
            slots[resultSlots[i]] = made[i];
        }
        for (int i = 0; i < made.length; i++) {
            if (!made[i].layout().isContiguous() || isInStretch(made[i])) {
                slots[resultSlots[i]] = backend.copy(made[i]);
                made[i].close();
            }
        }
    }

    private boolean isInStretch(DeviceTensor tensor) {
        if (stretch.byteSize() == 0) {
            return false;
        }
        long offset = tensor.memory().address() - stretch.address();
        return offset >= 0 && offset < stretch.byteSize();
    }

    private void branch(Work.Branch branch, Step step, StepRun run, String name, RunState state, long seed) {
        boolean chosen =
                state.read(run.operands[0], step.call().operands().getFirst(), tensor -> tensor.getLong(0) != 0);
        Plan plan = chosen ? branch.whenTrue() : branch.whenFalse();
        Frame frame = chosen ? run.first : run.second;
        if (frame == null) {
            frame = within(plan, step.scratch());
            if (chosen) {
                run.first = frame;
            } else {
                run.second = frame;
            }
        }
        try (Dense inputs = new Dense(backend, run.operands, 1, run.operands.length)) {
            frame.run(plan, name, state, inputs.tensors(), seed, run.results);
        } finally {
            frame.clear();
        }
    }

    private void loop(Work.Loop loop, Step step, StepRun run, String name, RunState state, long seed) {
        if (run.first == null) {
            run.first = within(loop.body(), step.scratch());
        }
        Plan test = loop.test();
        if (test != null && run.second == null) {
            run.second = within(test, step.scratch() + loop.scratch().test());
        }
        int operands = run.operands.length;
        if (run.buffers == null) {
            run.buffers = new LoopBuffers(loop, backend, stretch, step.scratch(), operands + run.results.length);
        }
        LoopBuffers buffers = run.buffers;
        try {
            new LoopRun(loop, run.first, run.second, buffers, name, state, seed).run(run.operands, run.results);
        } finally {
            for (int i = 0; i < operands + run.results.length; i++) {
                if (!stays[i < operands ? run.operandSlots[i] : run.resultSlots[i - operands]]) {
                    buffers.forget(i);
                }
            }
        }
    }

    /**
     * One tensor for each output of a plan, in order: the caller's to close. What the run made changes hands; an input, a
     * constant, or what stands under two names gets a handle of its own.
     */
    List<DeviceTensor> takeOutputs() {
        List<DeviceTensor> outputs = new ArrayList<>(outputSlots.length);
        try {
            for (int i = 0; i < outputSlots.length; i++) {
                int slot = outputSlots[i];
                DeviceTensor tensor = filled(slot);
                outputs.add(handsOver[i] ? tensor : backend.share(tensor));
                if (handsOver[i]) {
                    slots[slot] = null;
                }
            }
        } catch (KernelException e) {
            outputs.forEach(DeviceTensor::close);
            throw e;
        }
        return outputs;
    }

    private DeviceTensor filled(int slot) {
        DeviceTensor tensor = slots[slot];
        if (tensor == null) {
            throw new IllegalStateException("slot " + slot + " is empty");
        }
        return tensor;
    }

    /** Closes what the run made in this slot; inputs and what the caller gave are theirs. */
    private void release(int slot) {
        DeviceTensor tensor = slots[slot];
        if (owned[slot] && tensor != null) {
            slots[slot] = null;
            tensor.close();
        }
    }

    /** Makes room for the next run: nothing that the last one made stays. */
    void clear() {
        for (int slot : ownedSlots) {
            release(slot);
        }
        if (POISONED && arena != null) {
            stretch.fill(POISON);
        }
    }

    @Override
    public void close() {
        for (StepRun step : steps) {
            if (step.first != null) {
                step.first.close();
            }
            if (step.second != null) {
                step.second.close();
            }
            if (step.buffers != null) {
                step.buffers.close();
            }
        }
        for (int i = 0; i < slots.length; i++) {
            DeviceTensor tensor = slots[i];
            if (stays[i] && tensor != null) {
                tensor.close();
            }
        }
        if (arena != null) {
            arena.close();
        }
    }
}
