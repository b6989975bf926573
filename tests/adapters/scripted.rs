//! A server that gives prepared answers in order, whatever it is asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_types::SdkConfig;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// An answer: an HTTP status and a JSON body.
pub(crate) type Answer = (u16, String);

/// An error as DynamoDB answers it, with more members of its body.
pub(crate) fn error(code: &str, members: &str) -> Answer {
    (400, format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"canary-value"{members}}}"#))
}

/// Serves `answers`; gives the configuration to reach them, and the bodies of the requests as they come in.
pub(crate) async fn serve(answers: Vec<Answer>) -> (SdkConfig, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (bodies, received) = mpsc::unbounded_channel();
    let answers = Arc::new(Mutex::new(VecDeque::from(answers)));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer_all(stream, Arc::clone(&answers), bodies.clone()));
        }
    });
    (local::engine_config(&format!("http://{address}")), received)
}

/// Answers the requests of one connection until it ends or nothing is left to say.
async fn answer_all(stream: TcpStream, answers: Arc<Mutex<VecDeque<Answer>>>, bodies: mpsc::UnboundedSender<String>) {
    let mut stream = BufReader::new(stream);
    while let Some(body) = request(&mut stream).await {
        let next = answers.lock().unwrap().pop_front();
        let Some((status, answer)) = next else { return };
        let _ = bodies.send(body);
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        stream.write_all((head + &answer).as_bytes()).await.unwrap();
    }
}

async fn request(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    String::from_utf8(body).ok()
}
