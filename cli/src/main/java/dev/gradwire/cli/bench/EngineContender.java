package dev.gradwire.cli.bench;

import dev.gradwire.cli.conformance.Refusal;
import dev.gradwire.engine.Compiled;
import dev.gradwire.engine.Engine;
import dev.gradwire.engine.EngineSettings;
import dev.gradwire.engine.ResidentTensor;
import dev.gradwire.engine.RunResult;
import dev.gradwire.graph.GraphException;
import dev.gradwire.pass.Plan;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The engine in this process. Tensors stay where they are between runs, as in a framework. */
final class EngineContender implements Contender {
    /** Longer than it takes where nothing else runs. */
    private static final Duration WARM_UP = Duration.ofSeconds(10);

    private static final long PLANNING_NANOS = 2_000_000_000L;
    private static final int LEAST_NODES = 300;

    private final EngineSettings settings;
    private final Engine engine;

    EngineContender(int threads) {
        settings = new EngineSettings(threads, EngineSettings.DEFAULT.maxCachedSteps());
        engine = Engine.open(settings);
    }

    @Override
    public String name() {
        return "gradwire";
    }

    @Override
    public Resident load(Workload workload) {
        return load(workload, workload.inputs());
    }

    /** With other data. */
    Resident load(Workload workload, List<Tensor> inputs) {
        return new Resident(workload, upload(engine, inputs));
    }

    @Override
    public void warmUp() {
        engine.warmUp(WARM_UP);
        // Long graphs, as those of a server's test: what plans them is compiled only when it has met many nodes.
        long end = System.nanoTime() + PLANNING_NANOS;
        for (int nodes = LEAST_NODES; System.nanoTime() < end; nodes++) {
            for (GeneratedGraphs.Source source : GeneratedGraphs.all(nodes).values()) {
                engine.compile(source.record(), Engine.DEFAULT_DEVICE);
            }
        }
    }

    private static Refusal refusal(GraphException e) {
        return new Refusal(e.reason().name(), String.valueOf(e.getMessage()));
    }

    private static List<ResidentTensor> upload(Engine engine, List<Tensor> inputs) {
        List<ResidentTensor> uploaded = new ArrayList<>();
        inputs.forEach(input -> uploaded.add(engine.upload(Engine.DEFAULT_DEVICE, input)));
        return uploaded;
    }

    /** A workload on this engine; owns its inputs. */
    final class Resident implements Loaded {
        private final Workload workload;
        private final List<ResidentTensor> inputs;
        private @Nullable Compiled compiled;

        Resident(Workload workload, List<ResidentTensor> inputs) {
            this.workload = workload;
            this.inputs = inputs;
        }

        /** Planned when first needed, so that first answers can be timed before. */
        private Compiled compiled() throws Refusal {
            if (compiled == null) {
                try {
                    compiled = engine.compile(workload.program(), Engine.DEFAULT_DEVICE);
                } catch (GraphException e) {
                    throw refusal(e);
                }
            }
            return compiled;
        }

        /** By an engine that has just been opened, as nothing of an earlier answer is there. */
        @Override
        public long firstNanos(int number) throws Refusal {
            List<Tensor> data = new ArrayList<>(workload.inputs());
            data.add(Workload.unseenInput(number));
            try (Engine fresh = Engine.open(settings)) {
                List<ResidentTensor> uploaded = upload(fresh, data);
                long start = System.nanoTime();
                Compiled first = fresh.compile(workload.unseen(number), Engine.DEFAULT_DEVICE);
                fresh.run(first, uploaded, RunOptions.DEFAULT).close();
                long nanos = System.nanoTime() - start;
                uploaded.forEach(ResidentTensor::close);
                return nanos;
            } catch (GraphException e) {
                throw refusal(e);
            }
        }

        @Override
        public void run() throws Refusal {
            engine.run(compiled(), inputs, RunOptions.DEFAULT).close();
        }

        @Override
        public List<Tensor> values() throws Refusal {
            try (RunResult result = engine.run(compiled(), inputs, RunOptions.DEFAULT)) {
                return result.outputs().stream().map(ResidentTensor::read).toList();
            }
        }

        @Override
        public long plannedBytes() throws Refusal {
            return plan().price().peakBytes();
        }

        Plan plan() throws Refusal {
            return compiled().plan();
        }

        /** Nanoseconds of each step of the plan in one run. */
        List<Long> profile() throws Refusal {
            RunOptions options = new RunOptions(() -> false, false, false, true, 0);
            try (RunResult result = engine.run(compiled(), inputs, options)) {
                return result.stepNanos();
            }
        }

        @Override
        public void close() {
            inputs.forEach(ResidentTensor::close);
        }
    }

    @Override
    public void close() {
        engine.close();
    }
}
