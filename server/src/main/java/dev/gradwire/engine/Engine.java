package dev.gradwire.engine;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.OperatorTable;
import dev.gradwire.graph.Reason;
import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Groups;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.kernel.torch.TorchBackend;
import dev.gradwire.kernel.vector.VectorGroups;
import dev.gradwire.op.Operators;
import dev.gradwire.pass.Pipeline;
import dev.gradwire.pass.Plan;
import dev.gradwire.pass.Stages;
import dev.gradwire.pass.Target;
import dev.gradwire.runtime.Executor;
import dev.gradwire.runtime.Frames;
import dev.gradwire.runtime.Outcome;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.runtime.Workers;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import dev.gradwire.transform.Differentiate;
import dev.gradwire.transform.GradFn;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Compiles programs and runs them. Keeps nothing of a caller but plans, which hold no data of its inputs. Safe for use
 * by many threads; a run takes place on its caller's thread.
 */
public final class Engine implements AutoCloseable {
    /** The device of a program that names none. */
    public static final String DEFAULT_DEVICE = "cpu";

    private final OperatorTable operators = Operators.all();
    private final Map<String, Backend> backends = new ConcurrentHashMap<>();
    private final Cache<Key, Cached> plans;

    private final Groups groups;
    private final int maxValues;
    private final LongAdder planHits = new LongAdder();
    private final LongAdder planMisses = new LongAdder();
    private final Executor executor;

    private record Key(ByteBuffer digest, boolean nodeByNode) {}

    /** @param names of the program that it was made for: a plan is shared by programs that differ in names only */
    private record Cached(Plan plan, List<Boolean> used, Map<Integer, List<GradFn.Saved>> saved, PlanNames names) {
        /** A step takes about 1 KiB, as does 1 KiB of constants. */
        int weight() {
            long weight = 1;
            for (Plan part : plan.withBodies()) {
                weight += part.steps().size();
                for (Plan.ConstantSlot constant : part.constants()) {
                    weight += constant.tensor().data().byteSize() / 1024;
                }
            }
            return (int) Math.min(weight, Integer.MAX_VALUE);
        }
    }

    private Engine(EngineSettings settings, Groups groups) {
        this.groups = groups;
        plans = Caffeine.newBuilder()
                .maximumWeight(settings.maxCachedSteps())
                .weigher((Key _, Cached cached) -> cached.weight())
                .build();
        maxValues = settings.maxValues();
        executor = new Executor(new Frames(settings.maxRetainedBytes()), new Workers(settings.threads()));
    }

    /**
     * Opens the engine with its CPU device.
     *
     * @throws dev.gradwire.kernel.DeviceUnavailableException when the native library cannot be loaded
     */
    public static Engine open(EngineSettings settings) {
        // The first engine of a process has both the operators and the library to load, which takes two cores a while.
        Thread.ofPlatform().daemon().name("operators").start(Operators::all);
        Groups groups = VectorGroups.open();
        Backend backend = TorchBackend.open(DEFAULT_DEVICE, groups);
        Engine engine = new Engine(settings, groups);
        engine.backends.put(DEFAULT_DEVICE, backend);
        return engine;
    }

    /** The devices opened so far. */
    public Collection<Backend> devices() {
        return List.copyOf(backends.values());
    }

    /** Tensors on all devices that nobody has closed yet, those aside that are kept with the memory of finished runs. */
    public long liveTensors() {
        long kept = executor.frames().tensors();
        return backends.values().stream().mapToLong(Backend::liveTensors).sum() - kept;
    }

    /** Counts of what this engine has done and keeps. */
    public EngineStatistics statistics() {
        return new EngineStatistics(
                planHits.sum(),
                planMisses.sum(),
                plans.estimatedSize(),
                executor.frames().bytes(),
                groups.loops());
    }

    /**
     * The backend of a device, opened at its first use.
     *
     * @throws dev.gradwire.kernel.DeviceUnavailableException when there is no such device
     */
    public Backend backend(String device) {
        return backends.computeIfAbsent(device, name -> TorchBackend.open(name, groups));
    }

    /**
     * Makes a program ready to run on a device, from the plan cache where an equal one has been seen.
     *
     * @throws GraphException when it cannot be differentiated or planned
     * @throws dev.gradwire.kernel.DeviceUnavailableException when there is no such device
     */
    public Compiled compile(Program program, String device) {
        return compile(program, device, Stages.UNHEARD);
    }

    /** The same, telling {@code stages} of each stage. */
    public Compiled compile(Program program, String device, Stages stages) {
        long start = System.nanoTime();
        Backend backend = backend(device);
        Key key = new Key(ByteBuffer.wrap(Digest.of(program, device)), false);
        stages.ended("digest", program.recording().graph().nodes().size());
        Cached cached = known(key, program);
        boolean hit = cached != null;
        (hit ? planHits : planMisses).increment();
        if (cached == null) {
            cached = plan(key, program, new Target(backend, backend.groups()), stages);
        }
        return new Compiled(
                program, cached.plan, cached.saved, gradients(program, cached), hit, System.nanoTime() - start);
    }

    /** A plan with a step for each node. */
    private Plan nodeByNode(Program program, String device) {
        Key key = new Key(ByteBuffer.wrap(Digest.of(program, device)), true);
        Cached known = known(key, program);
        return known != null ? known.plan : plan(key, program, new Target(backend(device), null), Stages.UNHEARD).plan;
    }

    /** What is in the cache, under the names of this program. */
    private @Nullable Cached known(Key key, Program program) {
        Cached known = plans.getIfPresent(key);
        if (known == null) {
            return null;
        }
        PlanNames names = PlanNames.of(program);
        Plan plan = known.names.rename(known.plan, names);
        return plan == null ? null : new Cached(plan, known.used, known.saved, names);
    }

    private Cached plan(Key key, Program program, Target target, Stages stages) {
        try {
            Graph graph = program.recording().graph();
            Differentiate.Result derived = Differentiate.apply(graph, operators, maxValues);
            stages.ended("differentiate", derived.graph().nodes().size());
            List<Boolean> used = derived.graph().outputs().stream()
                    .map(output -> !derived.unused().contains(output.value()))
                    .toList();
            Plan plan = Pipeline.plan(derived.graph(), operators, target, stages);
            Cached cached = new Cached(plan, used, derived.saved(), PlanNames.of(program));
            plans.put(key, cached);
            return cached;
        } catch (ArithmeticException e) {
            throw new GraphException(Reason.SIZE_OVERFLOW, "a size does not fit 64 bits");
        } catch (KernelException e) {
            throw new GraphException(Reason.DTYPE_UNSUPPORTED, String.valueOf(e.getMessage()));
        }
    }

    private static List<Compiled.Gradient> gradients(Program program, Cached cached) {
        List<Compiled.Gradient> gradients = new ArrayList<>();
        for (int i = 0; i < program.gradientInputs().size(); i++) {
            int output = program.outputCount() + i;
            gradients.add(new Compiled.Gradient(
                    program.gradientInputs().get(i),
                    cached.plan.outputs().get(output).type(),
                    cached.used.get(output)));
        }
        return gradients;
    }

    /** Has the JVM compile the engine's own loops, for as long as this at the most. */
    public void warmUp(Duration time) {
        groups.warmUp(time);
    }

    /** A tensor on a device whose elements nobody has set yet: see {@link ResidentTensor#memory}. */
    public ResidentTensor empty(String device, TensorType type) {
        Backend backend = backend(device);
        return new ResidentTensor(backend, type, backend.empty(type));
    }

    /** Copies host data to a device. */
    public ResidentTensor upload(String device, Tensor tensor) {
        Backend backend = backend(device);
        return new ResidentTensor(backend, tensor.type(), backend.upload(tensor));
    }

    /**
     * Runs a compiled program on the calling thread.
     *
     * @param inputs one for each input of the graph, in order, of its type and on the plan's device; they stay the
     *     caller's
     * @throws dev.gradwire.runtime.StepException when a kernel fails for the values given
     * @throws dev.gradwire.runtime.CancelledException when the options say so
     * @throws dev.gradwire.runtime.AnomalyException when a value is not finite and that was to be detected
     */
    public RunResult run(Compiled compiled, List<ResidentTensor> inputs, RunOptions options) {
        long start = System.nanoTime();
        String device = compiled.plan().device();
        Backend backend = backend(device);
        boolean apart = options.nodeByNode() || options.detectAnomaly();
        Plan plan = apart ? nodeByNode(compiled.program(), device) : compiled.plan();
        List<DeviceTensor> tensors = inputs.stream().map(ResidentTensor::tensor).toList();
        Outcome outcome = executor.run(plan, backend, tensors, options);
        List<ResidentTensor> outputs = new ArrayList<>();
        List<@Nullable ResidentTensor> gradients = new ArrayList<>();
        int outputCount = compiled.program().outputCount();
        for (int i = 0; i < outcome.outputs().size(); i++) {
            ResidentTensor tensor = new ResidentTensor(
                    backend,
                    compiled.plan().outputs().get(i).type(),
                    outcome.outputs().get(i));
            if (i < outputCount) {
                outputs.add(tensor);
            } else if (compiled.gradients().get(i - outputCount).used()) {
                gradients.add(tensor);
            } else {
                tensor.close();
                gradients.add(null);
            }
        }
        return new RunResult(
                outputs, gradients, outcome.anomaly(), System.nanoTime() - start, plan.steps(), outcome.stepNanos());
    }

    @Override
    public void close() {
        executor.frames().close();
        executor.workers().close();
        backends.values().forEach(Backend::close);
        plans.invalidateAll();
    }
}
