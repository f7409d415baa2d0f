import java.nio.charset.StandardCharsets;
import org.apache.mesos.Executor;
import org.apache.mesos.ExecutorDriver;
import org.apache.mesos.MesosExecutorDriver;
import org.apache.mesos.Protos.ExecutorInfo;
import org.apache.mesos.Protos.FrameworkInfo;
import org.apache.mesos.Protos.SlaveInfo;
import org.apache.mesos.Protos.Status;
import org.apache.mesos.Protos.TaskID;
import org.apache.mesos.Protos.TaskInfo;
import org.apache.mesos.Protos.TaskState;
import org.apache.mesos.Protos.TaskStatus;

/** An executor whose tasks run until its framework says otherwise, in messages. */
public final class TaskRunner implements Executor {
  private volatile TaskID finishedMeanwhile;

  public static void main(String[] arguments) {
    Status status = new MesosExecutorDriver(new TaskRunner()).run();
    System.out.println("ended " + status);
    System.exit(status == Status.DRIVER_STOPPED ? 0 : 1);
  }

  private static TaskID task(String id) {
    return TaskID.newBuilder().setValue(id).build();
  }

  private static void update(ExecutorDriver driver, TaskID task, TaskState state, String data) {
    TaskStatus.Builder status = TaskStatus.newBuilder().setTaskId(task).setState(state);
    status.setData(org.apache.mesos.protobuf.ByteString.copyFromUtf8(data));
    driver.sendStatusUpdate(status.build());
  }

  @Override
  public void registered(ExecutorDriver driver, ExecutorInfo executor, FrameworkInfo framework, SlaveInfo agent) {
    System.out.println("registered " + executor.getExecutorId().getValue() + " of " + framework.getName());
  }

  @Override
  public void reregistered(ExecutorDriver driver, SlaveInfo agent) {
    System.out.println("reregistered");
  }

  @Override
  public void disconnected(ExecutorDriver driver) {
    System.out.println("disconnected");
    if (finishedMeanwhile != null) update(driver, finishedMeanwhile, TaskState.TASK_FINISHED, "meanwhile");
  }

  @Override
  public void launchTask(ExecutorDriver driver, TaskInfo task) {
    update(driver, task.getTaskId(), TaskState.TASK_RUNNING, "läuft");
  }

  @Override
  public void killTask(ExecutorDriver driver, TaskID task) {
    update(driver, task, TaskState.TASK_KILLED, "");
  }

  @Override
  public void frameworkMessage(ExecutorDriver driver, byte[] data) {
    String[] words = new String(data, StandardCharsets.UTF_8).split("=");
    switch (words[0]) {
      case "stop": driver.stop(); break;
      case "throw": throw new IllegalStateException("as was asked for");
      case "finish-when-away": finishedMeanwhile = task(words[1]); break;
      case "set": update(driver, task(words[1]), TaskState.valueOf(words[2]), ""); break;
      default: driver.sendFrameworkMessage(("heard " + words[0]).getBytes(StandardCharsets.UTF_8));
    }
  }

  @Override
  public void shutdown(ExecutorDriver driver) {
    System.out.println("shutdown");
  }

  @Override
  public void error(ExecutorDriver driver, String message) {
    System.out.println("error " + message);
  }
}
