package dev.gradwire.cli.demo;

import dev.gradwire.client.DType;
import dev.gradwire.client.Gradwire;
import dev.gradwire.client.Program;
import dev.gradwire.client.Results;
import dev.gradwire.client.Tensor;
import java.util.List;
import java.util.Random;

/** A network of one hidden layer, recorded once; its parameters live in the session that runs it. */
final class Classifier {
    private static final int HIDDEN = 64;
    private static final double LEARNING_RATE = 0.1;
    private static final double MOMENTUM = 0.9;

    private final Gradwire client;
    private final Tensor weight1;
    private final Tensor bias1;
    private final Tensor weight2;
    private final Tensor bias2;

    Classifier(Gradwire client, Random random) {
        this.client = client;
        weight1 = parameter("weight1", random, HIDDEN, Digits.PIXELS);
        bias1 = parameter("bias1", random, HIDDEN);
        weight2 = parameter("weight2", random, Digits.CLASSES, HIDDEN);
        bias2 = parameter("bias2", random, Digits.CLASSES);
    }

    /** Uniform numbers, scaled so that the size of a layer's results is about that of its arguments. */
    private Tensor parameter(String name, Random random, long... shape) {
        int count = (int) (shape.length == 1 ? shape[0] : shape[0] * shape[1]);
        double bound = shape.length == 1 ? 0.1 : Math.sqrt(6.0 / shape[1]);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(-bound, bound);
        }
        return client.tensor(values, shape).requiresGrad(true).named(name);
    }

    /** A program with the inputs that each of its runs is fed. */
    record Fed(Program program, Tensor images, Tensor labels, Tensor loss) {}

    /** One step of stochastic gradient descent with momentum; gives {@code loss}. */
    Fed step(int batch) {
        Fed measured = measure(batch);
        List<Tensor> parameters = List.of(weight1, bias1, weight2, bias2);
        Results gradients = Gradwire.grad(List.of(measured.loss), parameters, List.of());
        Program.Builder program = Program.builder().output("loss", measured.loss);
        for (int i = 0; i < parameters.size(); i++) {
            Tensor parameter = parameters.get(i);
            Tensor velocity = client.zeros(parameter.shape()).named("velocity" + i);
            Tensor faster = velocity.mul(MOMENTUM).add(gradients.get(i));
            program.carry(velocity, faster).carry(parameter, parameter.sub(faster, LEARNING_RATE));
        }
        return new Fed(program.build(), measured.images, measured.labels, measured.loss);
    }

    /** Gives {@code loss} and {@code accuracy}, the share of right answers. */
    Fed measure(int batch) {
        Tensor images = client.input(DType.FLOAT32, batch, Digits.PIXELS).named("images");
        Tensor labels = client.input(DType.INT64, batch).named("labels");
        Tensor hidden = client.linear(images, weight1, bias1).relu();
        Tensor scores = client.linear(hidden, weight2, bias2);
        Tensor loss = scores.crossEntropyLoss(labels).named("loss");
        Tensor accuracy = scores.argmax(1).eq(labels).to(DType.FLOAT32).mean();
        Program program = Program.builder()
                .output("loss", loss)
                .output("accuracy", accuracy)
                .build();
        return new Fed(program, images, labels, loss);
    }
}
