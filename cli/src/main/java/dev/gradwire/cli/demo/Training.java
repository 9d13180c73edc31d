package dev.gradwire.cli.demo;

import dev.gradwire.cli.demo.Classifier.Fed;
import dev.gradwire.client.Gradwire;
import dev.gradwire.client.Run;
import dev.gradwire.client.Session;
import dev.gradwire.client.Tensor;
import dev.gradwire.client.TensorData;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Trains a classifier of digits in one session: parameters go up once, then only mini-batches do. */
final class Training {
    private static final int HELD_OUT = 360;
    private static final int BATCH = 48;

    private final Random random;
    private final Digits training;
    private final Digits heldOut;
    private final int epochs;

    Training(long seed, int epochs) {
        this.random = new Random(seed);
        this.epochs = epochs;
        Digits digits = Digits.shuffled(random);
        heldOut = digits.range(0, HELD_OUT);
        training = digits.range(HELD_OUT, digits.size());
    }

    /**
     * How it went.
     *
     * @param accuracy share of right answers for images that were not trained on
     * @param loss the loss of one step, with its history
     */
    record Outcome(double accuracy, int steps, double seconds, Tensor loss) {
        double stepsPerSecond() {
            return steps / seconds;
        }
    }

    int trainingSize() {
        return training.size();
    }

    int heldOutSize() {
        return heldOut.size();
    }

    Outcome run(Gradwire client, Progress progress) {
        Classifier classifier = new Classifier(client, random);
        Fed step = classifier.step(BATCH);
        Fed measure = classifier.measure(HELD_OUT);
        Map<Tensor, TensorData> held = feed(measure, heldOut);
        int steps = 0;
        long nanos = 0;
        double accuracy = 0;
        try (Session session = client.session()) {
            for (int epoch = 1; epoch <= epochs; epoch++) {
                training.shuffle(random);
                long start = System.nanoTime();
                List<Run> runs = new ArrayList<>();
                for (int from = 0; from + BATCH <= training.size(); from += BATCH) {
                    runs.add(session.run(step.program(), feed(step, training.range(from, from + BATCH))));
                }
                double loss = runs.stream()
                        .mapToDouble(run -> run.get("loss").item())
                        .average()
                        .orElseThrow();
                nanos += System.nanoTime() - start;
                steps += runs.size();
                accuracy = session.run(measure.program(), held).get("accuracy").item();
                progress.show(epoch, epochs, loss, accuracy);
            }
        }
        progress.end();
        return new Outcome(accuracy, steps, nanos / 1e9, step.loss());
    }

    private static Map<Tensor, TensorData> feed(Fed fed, Digits digits) {
        return Map.of(
                fed.images(), TensorData.of(digits.pixels(), digits.size(), Digits.PIXELS),
                fed.labels(), TensorData.of(digits.labels(), digits.size()));
    }
}
