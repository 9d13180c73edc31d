package dev.gradwire.bench;

import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.pass.Plan;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** What is timed: a plan with its inputs, which it owns. */
interface Timed extends AutoCloseable {
    long SEED = 20_261_124;

    /** Where all functions timed are defined and none is at its limits. */
    double LEAST = 0.1;

    double MOST = 4;

    /** Computes all outputs once. */
    void run();

    /** The same, to look at: the first output's elements. */
    double[] values();

    @Override
    void close();

    /** Inputs of a plan, evenly drawn, the same ones each time. */
    static List<DeviceTensor> inputs(Plan plan, Backend backend) {
        SplittableRandom random = new SplittableRandom(SEED);
        List<DeviceTensor> inputs = new ArrayList<>();
        for (Plan.Slot input : plan.inputs()) {
            TensorType type = input.type();
            double[] elements =
                    random.doubles(type.shape().elements(), LEAST, MOST).toArray();
            inputs.add(backend.upload(Tensor.of(type.dtype(), type.shape(), elements)));
        }
        return inputs;
    }

    /** Elements of a result. */
    static double[] read(Backend backend, DeviceTensor tensor, TensorType type) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[Math.toIntExact(type.lengthInBytes())]);
        backend.download(tensor, type, bytes);
        Tensor host = new Tensor(type, bytes);
        double[] elements = new double[Math.toIntExact(type.shape().elements())];
        Arrays.setAll(elements, host::getDouble);
        return elements;
    }
}
