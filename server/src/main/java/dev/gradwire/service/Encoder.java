package dev.gradwire.service;

import dev.gradwire.engine.Compiled;
import dev.gradwire.graph.Recording;
import dev.gradwire.pass.Plan;
import dev.gradwire.pass.Work;
import dev.gradwire.transform.GradFns;
import dev.gradwire.v1.Anomaly;
import dev.gradwire.v1.Guarantees;
import dev.gradwire.v1.Precision;
import dev.gradwire.v1.Price;
import dev.gradwire.v1.Statistics;
import dev.gradwire.v1.Step;
import dev.gradwire.v1.ValueRange;
import dev.gradwire.v1.ValueType;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Makes messages of what the engine says of a program: everything but tensors and grad_fns. */
final class Encoder {
    private Encoder() {}

    /** Every value that has a name, in order of recording. */
    static List<ValueType> types(Compiled compiled) {
        Recording recording = compiled.program().recording();
        BitSet requiringGrad = GradFns.requiringGrad(recording.graph());
        List<ValueType> types = new ArrayList<>();
        recording
                .names()
                .forEach((name, value) -> types.add(ValueType.newBuilder()
                        .setName(name)
                        .setType(WireTypes.wire(value.type()))
                        .setRequiresGrad(requiringGrad.get(value.id()))
                        .build()));
        return types;
    }

    static Price price(Plan.Price price) {
        return Price.newBuilder()
                .setFlops(price.flops())
                .setBytesMoved(price.bytesMoved())
                .setPeakBytes(price.peakBytes())
                .build();
    }

    static List<Step> steps(Plan plan) {
        Map<Integer, Integer> makers = new HashMap<>();
        List<Step> steps = new ArrayList<>();
        for (Plan.Step step : plan.steps()) {
            TreeSet<Integer> after = new TreeSet<>();
            for (int operand : step.operands()) {
                Integer maker = makers.get(operand);
                if (maker != null) {
                    after.add(maker);
                }
            }
            step.results().forEach(result -> makers.put(result, steps.size()));
            steps.add(Step.newBuilder()
                    .addAllNodes(step.nodes())
                    .setBackward(step.backward())
                    .setKernel(step.work() instanceof Work.Run(var kernel) && kernel.isGroup() ? "vector" : "torch")
                    .setText(step.call().name())
                    .addAllAfter(after)
                    .setPrice(price(step.price()))
                    .build());
        }
        return steps;
    }

    static Guarantees guarantees(RunSettings settings) {
        return Guarantees.newBuilder()
                // On a GPU sums by atomic additions may come in any order.
                .setDeterministic(settings.device().equals("cpu"))
                .setPrecision(Precision.PRECISION_EXACT)
                .setDevice(settings.device())
                .build();
    }

    static Statistics statistics(Compiled compiled, Timing timing) {
        Plan.Price price = compiled.plan().price();
        return Statistics.newBuilder()
                .setCompileNanoseconds(timing.compileNanos())
                .setQueueNanoseconds(timing.queueNanos())
                .setComputeNanoseconds(timing.computeNanos())
                .setCopyNanoseconds(timing.copyNanos())
                .setPeakBytes(price.peakBytes())
                .setFlops(price.flops())
                .setPlanCacheHit(compiled.cacheHit())
                .build();
    }

    static Anomaly anomaly(dev.gradwire.runtime.Anomaly anomaly) {
        Anomaly.Builder wire = Anomaly.newBuilder()
                .setNode(anomaly.node())
                .setOutput(anomaly.output())
                .setBackward(anomaly.backward());
        for (dev.gradwire.runtime.Anomaly.Range range : anomaly.operands()) {
            wire.addInputs(ValueRange.newBuilder()
                    .setName(range.name())
                    .setMin(range.min())
                    .setMax(range.max())
                    .setNanCount(range.nanCount())
                    .setInfCount(range.infCount()));
        }
        return wire.build();
    }
}
